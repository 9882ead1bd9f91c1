import assert from "node:assert/strict";
import { stringify } from "yaml";
import { checkSpec } from "../../src/cli/check_spec.ts";
import { findManifest, type Manifest } from "../chart/programs.ts";
import { fluxObjects } from "../e2e/pods.ts";
import { parseDockerfile } from "../image/dockerfile.ts";
import { checkedElsewhere, uncheckable } from "./checked_elsewhere.ts";
import { type DocumentWorld, objectsOf } from "./document_world.ts";
import { expectBuiltImages } from "./expect_built_images.ts";
import type { Block } from "./read_blocks.ts";
import { readCommands } from "./read_commands.ts";

/** How blocks of a kind are held to the truth. */
export interface BlockRule {
  readonly name: string;
  readonly handles: (block: Block) => boolean;
  readonly check: (block: Block, world: DocumentWorld) => Promise<void>;
}

const withFence = (...fences: readonly string[]) => ({ fence }: Block) => fences.includes(fence);

/** All commands are run, with something that stands in for what cannot be. */
async function runCommands(block: Block, world: DocumentWorld): Promise<void> {
  const images = await world.imagesOf(block.page);
  for (const { script, output } of readCommands(block)) {
    const printed = await world.run(script, { BUILT_IMAGES: images.join(" ") });
    // What it says of a whitelist depends on nothing that is not here.
    if (output !== "" && script.includes("whitelist check")) assert.equal(printed, output, script);
  }
}

/** An API server takes them, and our own validation. */
async function tryObjects({ text }: Block, world: DocumentWorld): Promise<void> {
  const objects = objectsOf(text);
  for (const { kind, spec } of objects) {
    if (kind === "ExternalSource") assert.deepEqual(checkSpec(spec), []);
  }
  await world.tryObjects(objects);
}

async function installValues({ text }: Block, world: DocumentWorld): Promise<void> {
  await world.write("values.yaml", text);
  await world.run("helm install externalsource chart -n flux-system --values values.yaml");
}

async function installKustomization({ page, text }: Block, world: DocumentWorld): Promise<void> {
  const objects = await world.buildKustomization({ "kustomization.yaml": text });
  expectBuiltImages(objects, await world.imagesOf(page));
  await world.tryObjects(objects);
}

const gate = "--feature-gates=ExternalArtifact=true";

/** What `flux bootstrap` has written beside a kustomization. */
const bootstrapped = {
  "gotk-components.yaml": fluxObjects().map((each) =>
    stringify(each).replace(/^ *- --feature-gates=.*\n/m, "")
  ).join("---\n"),
  "gotk-sync.yaml": stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "sync" } }),
};

function expectGate(objects: readonly Manifest[]): void {
  const { spec } = findManifest(objects, "Deployment", "kustomize-controller");
  const { args } = spec.template.spec.containers[0];
  assert.deepEqual(args.filter((arg: string) => arg.startsWith("--feature-gates")), [gate]);
}

async function openGate({ text }: Block, world: DocumentWorld): Promise<void> {
  expectGate(await world.buildKustomization({ ...bootstrapped, "kustomization.yaml": text }));
}

/** The Flux Operator applies the patches as kustomize does. */
async function openGateOfOperator({ text }: Block, world: DocumentWorld): Promise<void> {
  const [instance] = objectsOf(text);
  assert.equal(instance?.kind, "FluxInstance");
  const { patches } = instance!.spec.kustomize;
  const kustomization = stringify({ resources: Object.keys(bootstrapped), patches });
  expectGate(
    await world.buildKustomization({ ...bootstrapped, "kustomization.yaml": kustomization }),
  );
}

/** A pod as the manifests have it: laid over theirs, it changes nothing but the name of the image. */
async function patchPod({ text }: Block, world: DocumentWorld): Promise<void> {
  const [spec] = objectsOf(text);
  const patch = stringify({
    ...{ apiVersion: "apps/v1", kind: "StatefulSet" },
    metadata: { name: "externalsource-controller-manager" },
    spec: { template: { spec } },
  });
  const resources = ["../externalsource-controller/manifests/base"];
  const build = (patches: readonly Manifest[]) =>
    world.buildKustomization({ "kustomization.yaml": stringify({ resources, patches }) });
  const [plain, patched] = await Promise.all([build([]), build([{ patch }])]);
  await world.tryObjects(patched);
  assert.deepEqual(podOf(patched), podOf(plain));
}

const byName = (a: Manifest, b: Manifest) => `${a.name}`.localeCompare(`${b.name}`);

/** The pod of a StatefulSet, without the order of its parts and what its pod says for all containers. */
function podOf(objects: readonly Manifest[]) {
  const { containers, volumes } = findManifest(objects, "StatefulSet").spec.template.spec;
  for (const container of containers) {
    delete container.image;
    delete container.securityContext.runAsNonRoot;
    for (const list of [container.env, container.volumeMounts]) list.sort(byName);
  }
  return { containers, volumes: volumes.toSorted(byName) };
}

/** A registry as it would be with one more line. */
async function extendRegistry({ text }: Block, world: DocumentWorld): Promise<void> {
  const before = text.replace(/^ *release: releaseDefinition,\n/m, "");
  assert.notEqual(before, text);
  const registry = await Deno.readTextFile(`${world.clone}/src/generate/registry.ts`);
  assert.ok(registry.includes(before), "the registry has changed");
}

async function readDockerfile({ text }: Block, world: DocumentWorld): Promise<void> {
  const [, made] = parseDockerfile(text);
  const shipped = await Deno.readTextFile(`${world.clone}/Dockerfile`);
  assert.ok(shipped.includes(`--tag ${made?.from} `), `nothing builds ${made?.from}`);
  const folders = made!.instructions.filter(({ name }) => name === "COPY");
  assert.ok(folders.every(({ text }) => text.endsWith(" /usr/local/bin/")));
}

/** Nodes with a label, and edges between them. */
async function readDiagram({ text }: Block): Promise<void> {
  const [head, ...lines] = text.trim().split("\n");
  assert.equal(head, "flowchart LR");
  const node = String.raw`\w+(\["[^"]+"\])?`;
  const edge = new RegExp(`^  ${node}( -- "[^"]+" --> ${node})+$`);
  for (const line of lines) assert.match(line, edge);
}

async function findTest({ page, fence }: Block, world: DocumentWorld): Promise<void> {
  const entry = checkedElsewhere.find((each) => each.page === page && each.fences.includes(fence))!;
  const test = await Deno.readTextFile(`${world.clone}/${entry.by}`);
  assert.ok(test.includes(page), `${entry.by} reads ${page}`);
  // Recipes are read by their second word, which its reader knows.
  if (entry.by !== "tests/hooks/recipes_test.ts") assert.ok(test.includes(`"${fence}"`), entry.by);
}

/** Each block is handled by exactly one of these. */
export const blockRules: readonly BlockRule[] = [
  { name: "commands", handles: withFence("sh", "console", "inline"), check: runCommands },
  { name: "objects", handles: withFence("yaml", "yaml source"), check: tryObjects },
  { name: "values of the chart", handles: withFence("yaml values"), check: installValues },
  { name: "kustomization", handles: withFence("yaml kustomization"), check: installKustomization },
  { name: "flux-system", handles: withFence("yaml flux-system"), check: openGate },
  { name: "Flux Operator", handles: withFence("yaml flux-operator"), check: openGateOfOperator },
  { name: "pod", handles: withFence("yaml pod"), check: patchPod },
  { name: "registry", handles: withFence("ts"), check: extendRegistry },
  { name: "image", handles: withFence("dockerfile"), check: readDockerfile },
  { name: "diagram", handles: withFence("mermaid"), check: readDiagram },
  {
    name: "another test",
    handles: ({ page, fence }) =>
      checkedElsewhere.some((each) => each.page === page && each.fences.includes(fence)),
    check: findTest,
  },
  {
    name: "nothing",
    handles: ({ page, fence }) =>
      uncheckable.some((each) => each.page === page && each.fence === fence),
    check: async () => {},
  },
];
