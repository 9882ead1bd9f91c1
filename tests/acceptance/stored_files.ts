import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Artifact } from "../../src/core/artifact.ts";
import type { PublishedArtifact } from "./published_artifacts.ts";

/** `sha256:` of bytes. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Everything that is published can be downloaded and is what it claims to be. */
export async function assertServed(published: readonly PublishedArtifact[]): Promise<void> {
  const artifacts = new Map<string, Artifact>();
  for (const { artifact } of published) if (artifact) artifacts.set(artifact.url, artifact);
  await Promise.all(Array.from(artifacts.values(), async ({ url, digest, size }) => {
    const response = await fetch(url);
    const bytes = new Uint8Array(await response.arrayBuffer());
    assert.equal(response.status, 200, `${url}: ${new TextDecoder().decode(bytes.slice(0, 200))}`);
    assert.deepEqual([digestOf(bytes), bytes.length], [digest, size], url);
  }));
}

/** The files in a folder of a volume and below it; none if there is no such folder. */
export async function filesIn(volume: string, folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(join(volume, folder))).catch(() => []);
  const found = await Promise.all(entries.map(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    return isDirectory ? filesIn(volume, path) : [path];
  }));
  return found.flat();
}
