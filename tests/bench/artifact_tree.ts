import { createHash } from "node:crypto";
import { join } from "node:path";
import { artifactKey } from "../../src/core/artifact_key.ts";
import { digestOf } from "../../src/core/revision.ts";
import { systemClock } from "../../src/cli/system_clock.ts";
import type { ArtifactStore } from "../../src/store/artifact_store.ts";
import { PvcStore } from "../../src/store/pvc/pvc_store.ts";

/** Bytes of an artifact whose serving is a matter of requests a second, and of one where it is one of bytes. */
const sizes = { small: 50_000, large: 100_000_000 } as const;

/** How many artifacts of each size, and the first of their bytes, so that two trees can have none in common. */
export interface TreeOptions {
  readonly small: number;
  readonly large: number;
  readonly seed: number;
}

/** A directory as the pvc store has it, which any file server can serve. */
export interface ArtifactTree {
  readonly directory: string;
  /** Keys of 50 KB each. */
  readonly small: readonly string[];
  /** Keys of 100 MB each. */
  readonly large: readonly string[];
}

/** Writes artifacts, each with other bytes, into a new directory; every user may read them, as nginx's worker does. */
export async function makeArtifactTree(
  directory: string,
  { small, large, seed }: TreeOptions,
): Promise<ArtifactTree> {
  await Deno.mkdir(join(directory, "artifacts/bench/bench"), { recursive: true, mode: 0o755 });
  const write = async (size: number, index: number) => {
    const bytes = new Uint8Array(size).fill(7);
    new DataView(bytes.buffer).setUint32(0, seed + index);
    const hex = createHash("sha256").update(bytes).digest("hex");
    const key = artifactKey({ namespace: "bench", name: "bench", hex });
    await Deno.writeFile(join(directory, key), bytes, { mode: 0o644 });
    return key;
  };
  const all = async (size: number, count: number) => {
    const keys: string[] = [];
    for (let index = 0; index < count; index++) keys.push(await write(size, index));
    return keys;
  };
  return {
    directory,
    small: await all(sizes.small, small),
    large: await all(sizes.large, large),
  };
}

/** Puts every artifact of a tree. */
export async function fillStore(
  store: Pick<ArtifactStore, "put">,
  directory: string,
): Promise<void> {
  for await (const { key, size } of new PvcStore(directory, systemClock).list("")) {
    const hex = /([0-9a-f]{64})\.tar\.gz$/.exec(key)![1]!;
    await store.put(key, { file: join(directory, key), size, digest: digestOf(hex) });
  }
}
