import { strict as assert } from "node:assert";
import { ManualClock } from "../../tests/manual_clock.ts";
import { RequestLimits } from "./request_limits.ts";
import type { RequestTarget } from "./request_target.ts";
import { WorkQueue } from "./work_queue.ts";

const timeoutMs = 30_000;
const quickMs = 100;

/** Queue and limits as the controller joins them, over upstreams that answer after 100 ms, or never (`tarpit…`). */
function startFetching(targetOf: (key: string) => Omit<RequestTarget, "priority">) {
  const clock = new ManualClock(0);
  const limits = new RequestLimits({ total: 512, clock });
  const queue = new WorkQueue<string>({ clock });
  const fetched = new Map<string, number>();
  const abort = new AbortController();
  const done = queue.run(async (key, { priority, signal }) => {
    const target = { ...targetOf(key), priority };
    const release = await limits.acquire(target, signal);
    const isTarpit = target.host.startsWith("tarpit");
    await new Promise<void>((resolve) => clock.schedule(resolve, isTarpit ? timeoutMs : quickMs));
    release(isTarpit ? "timeout" : "success");
    fetched.set(key, clock.now());
    return { requeueAt: clock.now() + 60_000 };
  }, abort.signal);
  const stop = async () => {
    abort.abort();
    await clock.advance(timeoutMs);
    await done;
    assert.deepEqual([clock.pending, limits.inFlight, limits.waiting], [0, 0, 0]);
  };
  return { clock, queue, fetched, stop };
}

Deno.test("a thousand keys due at once on one host do not delay a triggered one behind them", async () => {
  const { clock, queue, fetched, stop } = startFetching(() => ({ namespace: "ns", host: "api" }));
  for (let index = 0; index < 1_000; index++) queue.add(`bulk-${index}`);
  await clock.advance(1_000);
  queue.add("triggered", { priority: "triggered" });
  await clock.advance(2 * quickMs);
  // One request of somebody else to end, and its own.
  assert.equal(fetched.get("triggered"), 1_000 + 2 * quickMs);
  assert.ok(fetched.size < 100);
  await stop();
});

Deno.test("50 tarpit hosts with 20 sources each in one namespace delay no other source", async () => {
  const { clock, queue, fetched, stop } = startFetching((key) => {
    const [namespace = "", host = ""] = key.split("/");
    return { namespace, host };
  });
  for (let index = 0; index < 1_000; index++) queue.add(`hostile/tarpit${index % 50}/${index}`);
  await clock.advance(5 * 60_000);
  const late = clock.now();
  queue.add("hostile/quick/same-namespace");
  queue.add("other/quick-too/other-namespace");
  await clock.advance(quickMs);
  assert.equal(fetched.get("hostile/quick/same-namespace"), late + quickMs);
  assert.equal(fetched.get("other/quick-too/other-namespace"), late + quickMs);
  await stop();
});
