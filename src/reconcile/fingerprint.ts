import { createHash } from "node:crypto";
import type { ExternalSourceSpec } from "../core/external_source.ts";
import type { Secret } from "../core/secret.ts";
import { publicUrl } from "../core/public_url.ts";
import type { SourceRequest } from "../core/source_request.ts";
import { packFormat } from "../pack/pack_format.ts";

/** What hooks add to a fingerprint. */
export interface HookInputs {
  /** Names the whitelist in force. */
  readonly rules: string;
  /** What pre-request hooks made of the request; undefined if there are none. */
  readonly request: Pick<SourceRequest, "url" | "method"> | undefined;
}

/**
 * Hash of everything beside the document that decides what is published: generator, destinationPath, hooks, versions of
 * the Secrets, whitelist, pack format. A conditional request is only right under an equal one (DESIGN §4, step 2): of one
 * that pre-request hooks changed method, host and path count too, because another path has other ETags; not its query and
 * headers, in which they put a new token or signature each time.
 *
 * @param hooked undefined for a source without hooks
 */
export function fingerprintOf(
  spec: ExternalSourceSpec,
  secrets: ReadonlyMap<string, Secret>,
  hooked?: HookInputs,
): string {
  const { rules, request } = hooked ?? {};
  const inputs = {
    destinationPath: spec.destinationPath ?? "",
    generator: spec.generator,
    hooks: spec.hooks ?? {},
    packFormat,
    request: request && `${request.method} ${publicUrl(request.url)}`,
    secrets: [...secrets.values()].map(({ name, resourceVersion }) => [name, resourceVersion])
      .sort(),
    whitelist: rules,
  };
  return createHash("sha256").update(JSON.stringify(inputs, sortedKeys)).digest("hex");
}

// The API server keeps no order of keys; an equal spec must give an equal hash.
function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1));
}
