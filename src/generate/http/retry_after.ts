/**
 * How long a `Retry-After` header asks to wait: seconds or an HTTP date (RFC 9110 §10.2.3).
 *
 * @param now milliseconds since the Unix epoch
 * @returns milliseconds; undefined if the value is neither
 */
export function parseRetryAfter(value: string, now: number): number | undefined {
  const text = value.trim();
  if (/^[0-9]+(\.[0-9]+)?$/.test(text)) return Number(text) * 1_000;
  // All three forms of an HTTP date begin with the day of the week. The oldest (asctime) names no zone and means UTC.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined;
  const at = Date.parse(text.endsWith("GMT") ? text : `${text} GMT`);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
