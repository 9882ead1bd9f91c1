import assert from "node:assert/strict";
import { KindNotInstalledError, ObjectsUnavailableError } from "../objects.ts";
import { ApiStatusError } from "./api_status_error.ts";
import { SilentWatchError } from "./silent_watch_error.ts";
import { watchRetry } from "./watch_retry.ts";

const limits = { baseMs: 500, maxMs: 10_000, notInstalledMs: 10_000 };
const status = (code: number, retryAfterMs?: number) =>
  new ApiStatusError("m", { code, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
const broken = new ObjectsUnavailableError("m");

Deno.test("watchRetry() lists anew only where the position is lost", () => {
  const rows: readonly [unknown, boolean][] = [
    [status(410), true],
    [status(400), true],
    [status(504), true],
    [new SilentWatchError("m"), true],
    [status(429), false],
    [status(503), false],
    [status(401), false],
    [broken, false],
    [undefined, false],
  ];
  for (const [error, expected] of rows) {
    assert.equal(
      watchRetry({ error, failures: 1, random: 0 }, limits).relist,
      expected,
      `${error}`,
    );
  }
});

Deno.test("watchRetry() doubles the wait up to its limit, spread over a half", () => {
  const delay = (failures: number, random: number) =>
    watchRetry({ error: broken, failures, random }, limits).delayMs;
  assert.deepEqual([1, 2, 3, 6, 1_000].map((each) => delay(each, 0)), [
    250,
    500,
    1_000,
    5_000,
    5_000,
  ]);
  assert.deepEqual([1, 2, 3, 6, 1_000].map((each) => delay(each, 1)), [
    500,
    1_000,
    2_000,
    10_000,
    10_000,
  ]);
});

Deno.test("watchRetry() never comes back before Retry-After", () => {
  const delay = (random: number) =>
    watchRetry({ error: status(429, 20_000), failures: 1, random }, limits).delayMs;
  assert.deepEqual([delay(0), delay(1)], [20_000, 25_000]);
});

Deno.test("watchRetry() looks for a kind that is not installed at its own pace", () => {
  const error = new KindNotInstalledError("m");
  const retry = watchRetry({ error, failures: 9, random: 0.5 }, limits);
  assert.deepEqual(retry, { delayMs: 10_000, relist: true, notInstalled: true });
});
