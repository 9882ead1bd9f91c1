/** Headers of an answer by lower-case name; undici gives an array where one came more than once. */
export type ResponseHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The first value of a header. */
export function headerOf(headers: ResponseHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : value?.[0];
}

/** The families of header pairs in use, before and beside the IETF draft. */
const prefixes = ["ratelimit", "x-ratelimit", "x-rate-limit"];

/** A reset is seconds from now, or a point in time: no window lasts the 30 years that tell them apart. */
function resetMs(text: string, now: number): number | undefined {
  const value = /^[0-9]+(\.[0-9]+)?$/.test(text.trim()) ? Number(text) : NaN;
  if (Number.isNaN(value)) return undefined;
  if (value >= 1e12) return Math.max(0, value - now);
  if (value >= 1e9) return Math.max(0, value * 1_000 - now);
  return value * 1_000;
}

/** A window of time in which so many requests are taken. */
export interface RateLimitWindow {
  /** Requests that are left; undefined: the header does not say. */
  readonly remaining: number | undefined;
  /** Milliseconds until it begins anew. */
  readonly resetMs: number;
}

function pairWindows(headers: ResponseHeaders, now: number): RateLimitWindow[] {
  return prefixes.flatMap((prefix) => {
    const after = headerOf(headers, `${prefix}-reset-after`);
    const reset = after ?? headerOf(headers, `${prefix}-reset`);
    const ms = reset === undefined ? undefined : resetMs(reset, now);
    if (ms === undefined) return [];
    const remaining = headerOf(headers, `${prefix}-remaining`);
    return [{ remaining: remaining === undefined ? undefined : Number(remaining), resetMs: ms }];
  });
}

/** `RateLimit: "default";r=0;t=50` of the draft, or `limit=100, remaining=0, reset=50` of its predecessors. */
function combinedWindows(headers: ResponseHeaders, now: number): RateLimitWindow[] {
  const text = headerOf(headers, "ratelimit") ?? "";
  const policies = text.includes("remaining=") ? [text] : text.split(",");
  return policies.flatMap((policy) => {
    const reset = /\b(?:t|reset)=([0-9]+)/.exec(policy)?.[1];
    const ms = reset === undefined ? undefined : resetMs(reset, now);
    if (ms === undefined) return [];
    const remaining = /\b(?:r|remaining)=([0-9]+)/.exec(policy)?.[1];
    return [{ remaining: remaining === undefined ? undefined : Number(remaining), resetMs: ms }];
  });
}

/** Every window that an answer tells of. @param now milliseconds since the Unix epoch */
export function rateLimitWindows(
  headers: ResponseHeaders,
  now: number,
): readonly RateLimitWindow[] {
  return [...pairWindows(headers, now), ...combinedWindows(headers, now)];
}

/**
 * How long the rate-limit headers of an answer (`RateLimit`, `RateLimit-*`, `X-RateLimit-*`) ask to wait.
 *
 * @param now milliseconds since the Unix epoch
 * @param limited the status itself says that the limit is reached, so a window that does not say what is left has nothing
 * left
 * @returns milliseconds until the last exhausted window ends; undefined if none is exhausted
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
export function rateLimitWaitMs(
  headers: ResponseHeaders,
  { now, limited }: { readonly now: number; readonly limited: boolean },
): number | undefined {
  const exhausted = rateLimitWindows(headers, now)
    .filter(({ remaining }) => remaining === undefined ? limited : remaining <= 0);
  return exhausted.length === 0 ? undefined : Math.max(...exhausted.map((each) => each.resetMs));
}
