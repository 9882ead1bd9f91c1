import assert from "node:assert/strict";
import { untilAborted } from "./until_aborted.ts";

Deno.test("untilAborted() settles as the promise does", async () => {
  const { signal } = new AbortController();
  assert.equal(await untilAborted(Promise.resolve(1), signal), 1);
  await assert.rejects(untilAborted(Promise.reject(new RangeError()), signal), RangeError);
});

Deno.test("untilAborted() rejects with the reason of the signal, aborted now or before", async () => {
  const abort = new AbortController();
  const waiting = untilAborted(new Promise(() => {}), abort.signal);
  abort.abort(new RangeError("enough"));
  await assert.rejects(waiting, RangeError);
  const unheard = Promise.reject(new TypeError("must not count as unhandled"));
  await assert.rejects(untilAborted(unheard, abort.signal));
});
