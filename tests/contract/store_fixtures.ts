import { createHash } from "node:crypto";
import { artifactKey } from "../../src/core/artifact_key.ts";
import type { ArtifactFile, ArtifactStore } from "../../src/store/artifact_store.ts";

/** The source of a test that needs but one. */
export const web = { namespace: "apps", name: "web" };

/** A file as a pack leaves it, and the key that it belongs to. */
export interface PackedFile {
  readonly key: string;
  readonly artifact: ArtifactFile;
}

/** Writes bytes as a pack leaves them. */
export async function packedFile(
  directory: string,
  bytes: Uint8Array,
  source = web,
): Promise<PackedFile> {
  const hex = createHash("sha256").update(bytes).digest("hex");
  const file = await Deno.makeTempFile({ dir: directory });
  await Deno.writeFile(file, bytes);
  const artifact = { file, size: bytes.length, digest: `sha256:${hex}` };
  return { key: artifactKey({ ...source, hex }), artifact };
}

/** Bytes that no two seeds share; no multiple of any buffer. */
export function bytesOf(seed: number, length = 70_001): Uint8Array {
  return new Uint8Array(length).map((_, index) => (index * 31 + (index >> 8) + seed * 97) & 0xff);
}

/** All bytes that a store has for a key. */
export async function readKey(store: ArtifactStore, key: string): Promise<Uint8Array | undefined> {
  const artifact = await store.open(key);
  return artifact && await readAll(artifact.stream());
}

/** All bytes of a stream. */
export async function readAll(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(
    await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
}

/** The keys of a list, as they come. */
export async function keysOf(
  store: Pick<ArtifactStore, "list">,
  prefix: string,
): Promise<string[]> {
  return (await Array.fromAsync(store.list(prefix))).map(({ key }) => key);
}
