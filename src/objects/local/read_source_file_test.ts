import assert from "node:assert/strict";
import { join } from "node:path";
import { ManualClock } from "../../../tests/manual_clock.ts";
import { ManifestError } from "./manifest_error.ts";
import { maxManifestBytes } from "./read_manifest_text.ts";
import { readSourceFile } from "./read_source_file.ts";

const source = (name: string) =>
  `apiVersion: source.flux.oddkin.co/v1alpha1\nkind: ExternalSource\nmetadata: {name: ${name}}\nspec:\n  interval: 5m\n`;
const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {token: CANARY}\n";
const options = { checkSpec: () => [], clock: new ManualClock() };

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("readSourceFile() gives the source, its Secrets and where its fields stand", () =>
  inFolder(async (folder) => {
    const file = join(folder, "a.yaml");
    await Deno.writeTextFile(file, `\uFEFF${secret}---\n${source("a")}`);
    const read = await readSourceFile(file, options);
    assert.deepEqual(read.source.spec, { interval: "5m" });
    assert.deepEqual(read.source.status, {});
    const { uid, ...metadata } = read.source.metadata;
    assert.match(uid, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.deepEqual(metadata, {
      name: "a",
      namespace: "default",
      resourceVersion: "1",
      generation: 1,
      creationTimestamp: "2026-01-01T00:00:00Z",
    });
    assert.equal(read.locationOf(["spec", "interval"]), `${file}:10`);
    const { data } = read.secrets.get("default/s")!;
    assert.deepEqual({ ...data }, { token: new TextEncoder().encode("CANARY") });
  }));

Deno.test("readSourceFile() reads JSON", () =>
  inFolder(async (folder) => {
    const file = join(folder, "a.json");
    const manifest = {
      apiVersion: "source.flux.oddkin.co/v1alpha1",
      kind: "ExternalSource",
      metadata: { name: "a" },
      spec: { interval: "5m" },
    };
    await Deno.writeTextFile(file, JSON.stringify(manifest, undefined, "\t"));
    assert.deepEqual((await readSourceFile(file, options)).source.spec, { interval: "5m" });
  }));

const refused: readonly (readonly [string, string | Uint8Array, string])[] = [
  ["an empty file", " \n", "FILE: is empty"],
  ["comments only", "# nothing\n", "FILE: holds no ExternalSource"],
  ["plain text", "CANARY\n", "FILE: holds no ExternalSource"],
  [
    "other kinds only",
    `kind: ConfigMap\nmetadata: {name: c}\n---\n${secret}`,
    'FILE: holds no ExternalSource, only ConfigMap "c", Secret "s"',
  ],
  [
    "several sources",
    `${source("a")}---\n${source("b")}`,
    'FILE: holds 2 ExternalSources, "default/a" (line 1), "default/b" (line 7): give a file with one',
  ],
  ["no YAML", 'a: "CANARY\n', 'FILE:2: not YAML: Missing closing "quote'],
  ["no UTF-8", new Uint8Array([0xff, 0xfe, 0x00]), "FILE: cannot be read: it is not UTF-8 text"],
  [
    "a large file",
    new Uint8Array(maxManifestBytes + 1),
    "FILE: cannot be read: it has 1048577 bytes, at most 1048576 are read",
  ],
];
for (const [what, content, message] of refused) {
  Deno.test(`readSourceFile() refuses ${what}`, () =>
    inFolder(async (folder) => {
      const file = join(folder, "a.yaml");
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      await Deno.writeFile(file, bytes);
      await refuses(file, message.replace("FILE", file));
    }));
}

Deno.test("readSourceFile() reads a stream to its end, but not without end", async () => {
  const pieces = (...texts: string[]) =>
    ReadableStream.from(texts).pipeThrough(new TextEncoderStream());
  const text = source("a");
  const stream = pieces(text.slice(0, 9), text.slice(9));
  const read = await readSourceFile("-", { ...options, stream });
  assert.deepEqual(read.source.spec, { interval: "5m" });
  let given = 0;
  const endless = new ReadableStream({
    pull(controller) {
      given++;
      controller.enqueue(new Uint8Array(maxManifestBytes));
    },
  });
  await assert.rejects(readSourceFile("-", { ...options, stream: endless }), {
    message: "-: cannot be read: it has more than 1048576 bytes",
  });
  assert.ok(given < 5, `${given}`);
});

Deno.test("readSourceFile() refuses a directory, and a file that is not there", () =>
  inFolder(async (folder) => {
    const missing = join(folder, "none.yaml");
    await refuses(folder, `${folder}: cannot be read: it is a directory, a file is wanted`);
    await refuses(missing, `${missing}: cannot be read: no such file or directory`);
  }));

Deno.test("readSourceFile() reports all problems of specs at once, in the order of the lines", () =>
  inFolder(async (folder) => {
    const file = join(folder, "a.yaml");
    await Deno.writeTextFile(file, source("a"));
    const checkSpec = () => [
      { path: ["interval"], message: "must match ^x$" },
      { path: ["generator"], message: "is required" },
    ];
    await assert.rejects(readSourceFile(file, { ...options, checkSpec }), {
      name: "ManifestError",
      message: `${file}:4: spec.generator: is required\n${file}:5: spec.interval: must match ^x$`,
    });
  }));

async function refuses(file: string, message: string): Promise<void> {
  await assert.rejects(readSourceFile(file, options), (error) => {
    assert.ok(error instanceof ManifestError);
    assert.equal(error.message, message);
    return true;
  });
}
