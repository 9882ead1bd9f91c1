import { artifactKey } from "../../src/core/artifact_key.ts";
import type { NamespacedName } from "../../src/core/source_key.ts";

/** How many sources the stores of the bench hold artifacts of. */
export const sourceCount = 1_000;

/** One of them. */
export function storedSource(index: number): NamespacedName {
  return { namespace: `team-${index % 10}`, name: `config-${index}` };
}

/** The digest in the key of one of its artifacts. */
export function storedHex(index: number): string {
  return index.toString(16).padStart(64, "0");
}

/** Makes the tree of a pvc store: 1 KiB an artifact, all an hour old. */
export async function makeStoredTree(root: string, perSource: number): Promise<void> {
  const bytes = new Uint8Array(1_024);
  const anHourAgo = new Date(Date.now() - 3_600_000);
  for (let source = 0; source < sourceCount; source++) {
    const keys = Array.from(
      { length: perSource },
      (_, index) => artifactKey({ ...storedSource(source), hex: storedHex(index) }),
    );
    await Deno.mkdir(`${root}/${keys[0]}`.replace(/\/[^/]+$/, ""), { recursive: true });
    for (const key of keys) {
      Deno.writeFileSync(`${root}/${key}`, bytes);
      Deno.utimeSync(`${root}/${key}`, anHourAgo, anHourAgo);
    }
  }
}
