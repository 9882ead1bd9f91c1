import { createHash } from "node:crypto";

/** What a client got: the bytes that were promised, a status without them, or a connection that broke before the end. */
export type Download =
  | { readonly kind: "whole"; readonly digest: string }
  | { readonly kind: "status"; readonly status: number }
  | { readonly kind: "broken"; readonly why: string };

/**
 * Downloads as a consumer does, each over a connection of its own, and hashes every byte. Never rejects.
 *
 * @param onFirstPiece awaited when the first bytes are there
 */
export async function download(
  url: string,
  onFirstPiece: () => Promise<void> = () => Promise.resolve(),
): Promise<Download> {
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  try {
    const response = await fetch(url, { client, signal: AbortSignal.timeout(60_000) });
    if (response.status !== 200) {
      await response.body?.cancel();
      return { kind: "status", status: response.status };
    }
    const hash = createHash("sha256");
    let isFirst = true;
    for await (const piece of response.body ?? []) {
      hash.update(piece);
      if (isFirst) await onFirstPiece();
      isFirst = false;
    }
    return { kind: "whole", digest: `sha256:${hash.digest("hex")}` };
  } catch (error) {
    return { kind: "broken", why: String(error) };
  }
}
