import assert from "node:assert/strict";
import { parseRetryAfter } from "./retry_after.ts";

const now = Date.UTC(1994, 10, 6, 8, 49, 37);
const cases: readonly (readonly [string, number | undefined])[] = [
  ["120", 120_000],
  [" 0 ", 0],
  ["1.5", 1_500],
  ["Sun, 06 Nov 1994 08:50:37 GMT", 60_000],
  ["Sunday, 06-Nov-94 08:50:37 GMT", 60_000],
  ["Sun Nov  6 08:50:37 1994", 60_000],
  ["Sun, 06 Nov 1994 08:48:37 GMT", 0],
  ["-5", undefined],
  ["soon", undefined],
  ["Sunday", undefined],
  ["2030-01-01", undefined],
  ["", undefined],
];

Deno.test("parseRetryAfter() reads seconds and the three forms of an HTTP date", () => {
  for (const [value, wanted] of cases) assert.equal(parseRetryAfter(value, now), wanted, value);
});
