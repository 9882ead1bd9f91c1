import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const script = fileURLToPath(new URL("../../docs/quickstart/start.ts", import.meta.url));
const published =
  /default\/release {2}(latest@sha256:[0-9a-f]{64}) {2}\d+ bytes\n +download: curl -LO (http:\S+\.tar\.gz)/g;

/** The document in an artifact: its tar has one file, whose size stands in octal at byte 124 (ustar). */
function documentIn(artifact: Uint8Array): { readonly kind: unknown; readonly size: number } {
  const tar = gunzipSync(artifact);
  const text = (start: number, end: number) => new TextDecoder().decode(tar.subarray(start, end));
  const size = parseInt(text(124, 135), 8);
  const { kind } = JSON.parse(text(512, 512 + size));
  return { kind, size };
}

/** What a command has printed so far, until `enough` says that it is. */
async function outputUntil(
  stream: ReadableStream<Uint8Array>,
  enough: (text: string) => boolean,
): Promise<string> {
  let text = "";
  for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (enough(text)) break;
  }
  return text;
}

Deno.test("the quickstart shows an artifact, how to download it, and its second revision", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", script],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const releases = (text: string) => [...text.matchAll(published)];
  let downloaded = Promise.resolve<Uint8Array | undefined>(undefined);
  try {
    const text = await outputUntil(child.stdout, (text) => {
      const [first, second] = releases(text);
      if (first && !second) downloaded = fetch(first[2]!).then((response) => response.bytes());
      return second !== undefined;
    });
    const [first, second] = releases(text);
    assert.notEqual(first?.[1], second?.[1]);
    const bytes = Uint8Array.from(await downloaded ?? []);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    assert.match(first?.[2] ?? "", new RegExp(`/artifacts/default/release/${digest}\\.tar\\.gz$`));
    const document = documentIn(bytes);
    assert.equal(document.kind, "ConfigMap");
    assert.ok(document.size >= 5 * 1024, `a document of ${document.size} bytes`);
  } finally {
    child.kill("SIGTERM");
    assert.equal((await child.status).code, 0);
  }
});
