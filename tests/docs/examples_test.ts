import assert from "node:assert/strict";
import { blockRules } from "./block_rules.ts";
import { checkedElsewhere, uncheckable } from "./checked_elsewhere.ts";
import { DocumentWorld, objectsOf, placeOf } from "./document_world.ts";
import { notRun } from "./not_run.ts";
import { type Block, readBlocks } from "./read_blocks.ts";
import { readCommands } from "./read_commands.ts";

const root = new URL("../../", import.meta.url);

async function* filesBelow(folder: string): AsyncIterable<string> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
    if (isDirectory) yield* filesBelow(`${folder}${name}/`);
    else yield `${folder}${name}`;
  }
}

/** All blocks of all pages, and every file of YAML below `docs/` as one. */
async function readAll(): Promise<Block[]> {
  const files = ["README.md", "chart/README.md", ...await Array.fromAsync(filesBelow("docs/"))];
  const blocks: Block[] = [];
  for (const page of files.sort()) {
    const text = await Deno.readTextFile(new URL(page, root));
    if (page.endsWith(".md")) blocks.push(...readBlocks(page, text));
    if (page.endsWith(".yaml")) blocks.push({ page, line: 1, fence: "yaml", text });
  }
  return blocks;
}

const blocks = await readAll();
const rulesOf = (block: Block) => blockRules.filter(({ handles }) => handles(block));

Deno.test("each block of the documentation is handled by exactly one rule, and each rule and exception is used", () => {
  assert.ok(blocks.length > 150, `${blocks.length}`);
  const unclear = blocks.filter((block) => rulesOf(block).length !== 1).map(placeOf);
  assert.deepEqual(unclear, []);
  const unused = blockRules.filter(({ handles }) => !blocks.some(handles)).map(({ name }) => name);
  assert.deepEqual(unused, []);
  const isThere = (page: string, fence: string) =>
    blocks.some((block) => block.page === page && block.fence === fence);
  for (const { page, fences } of checkedElsewhere) {
    assert.deepEqual(fences.filter((fence) => !isThere(page, fence)), [], page);
  }
  for (const { page, fence } of uncheckable) assert.ok(isThere(page, fence), `${page} ${fence}`);
  const text = blocks.map((each) => each.text).join("\n");
  assert.deepEqual(Object.keys(notRun).filter((start) => !text.includes(start)), []);
});

Deno.test("a block that shows a file of docs/quickstart shows all of it", async () => {
  const file = "docs/quickstart/greeting.yaml";
  const shown = blocks.find(({ page, fence }) => page === "docs/quickstart.md" && fence === "yaml");
  assert.equal(shown?.text, await Deno.readTextFile(new URL(file, root)));
});

Deno.test("every block and command of the documentation does what its page says", async (test) => {
  const objects = blocks.filter((block) => rulesOf(block)[0]?.name === "objects");
  const world = await DocumentWorld.start(objects.flatMap(({ text }) => objectsOf(text)));
  try {
    for (const block of blocks) {
      await test.step(placeOf(block), () => rulesOf(block)[0]!.check(block, world));
    }
    await test.step("what is wrong is found", () => expectRefusals(world));
  } finally {
    await world.close();
  }
});

/** Mistakes of a page, and how each is told. */
const mistakes: readonly (readonly [fence: string, text: string, told: RegExp])[] = [
  ["sh", "frobnicate --now", /frobnicate: (command )?not found/],
  ["sh", "kubectl get externalsorces", /externalsorces/],
  ["sh", "kubectl -n flux-system logs externalsource-controller-manager-0 -c manger", /manger/],
  ["sh", "kubectl apply -k manifests/overlays/nfs", /nfs/],
  ["sh", "kubectl -n flux-system delete statefulset controller", /NotFound/],
  ["sh", "externalsource-controller --storage-adr=x", /storage-adr/],
  ["sh", "deno task dev --min-interval=often", /often/],
  ["inline", "deno task deploy", /there is no task deploy/],
  ["sh", "externalsource-controller get --namespaces x", /namespaces/],
  ["sh", "helm install externalsource chart --valeus x", /--valeus/],
  ["sh", "helm install externalsource chart --set controller.replicas=many", /replicas/],
  ["sh", "docker build --target executor .", /no such stage/],
  ["yaml values", "controller: { storage: { backend: nfs } }", /backend/],
  ["yaml kustomization", "resources: [../externalsource-controller/manifests/nfs]", /nfs/],
  ["yaml", "{ apiVersion: v1, kind: ConfigMap, metadata: { name: a }, date: {} }", /date/],
];

/** On a page that has its reader push images elsewhere, installing those of the manifests and the chart as they are. */
const withoutImages: readonly (readonly [fence: string, text: string])[] = [
  ["sh", "kubectl apply -k manifests/overlays/pvc"],
  ["sh", "helm install externalsource chart --values chart/examples/pvc.yaml"],
  [
    "sh",
    "helm upgrade --install externalsource chart --set image.repository=registry.example.com/x",
  ],
  ["yaml kustomization", "resources: [../externalsource-controller/manifests/overlays/s3]"],
];

async function expectRefusals(world: DocumentWorld): Promise<void> {
  const all = [
    ...mistakes.map(([fence, text, told]) => ({ page: "a mistake", fence, text, told })),
    ...withoutImages.map(([fence, text]) => (
      { page: "docs/install.md", fence, text, told: /nobody has built .*ghcr\.io/ }
    )),
  ];
  for (const { told, ...shown } of all) {
    const block: Block = { ...shown, line: 1 };
    await assert.rejects(rulesOf(block)[0]!.check(block, world), told, block.text);
  }
  assert.equal(readCommands({ ...blocks[0]!, fence: "console", text: "$ a |\n b\nc\n" }).length, 1);
  assert.throws(() => readBlocks("a page", "```sh\nkubectl get x\n"), /left open/);
}
