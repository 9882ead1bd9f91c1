import { createHash } from "node:crypto";
import type { ExternalSourceSpec } from "../core/external_source.ts";
import type { Secret } from "../core/secret.ts";
import { packFormat } from "../pack/pack_format.ts";

/**
 * Hash of everything beside the document that decides what is published: generator, destinationPath, hooks, versions of
 * the Secrets, pack format. A conditional request is only right under an equal one (DESIGN §4, step 2).
 */
export function fingerprintOf(
  spec: ExternalSourceSpec,
  secrets: ReadonlyMap<string, Secret>,
): string {
  const inputs = {
    destinationPath: spec.destinationPath ?? "",
    generator: spec.generator,
    hooks: spec.hooks ?? {},
    packFormat,
    secrets: [...secrets.values()].map(({ name, resourceVersion }) => [name, resourceVersion])
      .sort(),
  };
  return createHash("sha256").update(JSON.stringify(inputs, sortedKeys)).digest("hex");
}

// The API server keeps no order of keys; an equal spec must give an equal hash.
function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1));
}
