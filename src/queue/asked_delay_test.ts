import { strict as assert } from "node:assert";
import { askedDelay } from "./asked_delay.ts";

Deno.test("askedDelay() is never before the time, and spread over a quarter of it", () => {
  const delays = [0, 0.5, 1].map((chance) => askedDelay(8_000, () => chance));
  assert.deepEqual(delays, [8_000, 9_000, 10_000]);
});
