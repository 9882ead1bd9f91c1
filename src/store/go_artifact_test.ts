import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { isGoArtifact } from "./go_artifact.ts";

const document = new TextEncoder().encode(JSON.stringify({ of: "Go", long: "x".repeat(200_000) }));
const hexOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function tarOf(files: Readonly<Record<string, Uint8Array>>): Promise<Uint8Array> {
  const tar = pack();
  tar.entry({ name: "folder/", type: "directory" });
  for (const [name, bytes] of Object.entries(files)) {
    tar.entry({ name, pax: { comment: hexOf(bytes) } }, new TextDecoder().decode(bytes));
  }
  tar.finalize();
  return Buffer.concat(await Array.fromAsync(tar as AsyncIterable<Uint8Array>));
}

async function isGo(bytes: Uint8Array, hex: string): Promise<boolean> {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeFile(file, bytes);
    return await isGoArtifact(file, hex);
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("isGoArtifact() finds the document that an archive is named after", async () => {
  const archive = gzipSync(await tarOf({ "folder/data": document }));
  assert.equal(await isGo(archive, hexOf(document)), true);
  assert.equal(await isGo(archive, hexOf(archive)), false);
  assert.equal(
    await isGo(gzipSync(await tarOf({ data: new Uint8Array() })), hexOf(new Uint8Array())),
    true,
  );
});

Deno.test("isGoArtifact() takes nothing that is damaged for one", async () => {
  const tar = await tarOf({ data: document });
  const archive = gzipSync(tar);
  const flipped = new Uint8Array(archive);
  flipped[100]! ^= 1;
  const cases = [
    ...[flipped, archive.subarray(0, -4), archive.subarray(0, 200), new Uint8Array(), document],
    ...[gzipSync(document), gzipSync(tar.subarray(0, 100_000)), gzipSync(new Uint8Array(2_000))],
  ];
  for (const bytes of cases) assert.equal(await isGo(bytes, hexOf(document)), false);
});
