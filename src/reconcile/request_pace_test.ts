import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { settle } from "../../tests/settle.ts";
import { RequestPace } from "./request_pace.ts";

Deno.test("RequestPace lets a hundred pass at once, then 20 a second, until it is aborted", async () => {
  const clock = new ManualClock();
  const pace = new RequestPace(clock);
  const abort = new AbortController();
  let made = 0;
  const making = (async () => {
    for (let count = 0; count < 200; count++) {
      await pace.next(abort.signal);
      made++;
    }
  })();
  await settle();
  assert.equal(made, 100);
  await clock.advance(1_000);
  assert.equal(made, 120);
  abort.abort();
  await making;
  assert.equal(clock.pending, 0);
});
