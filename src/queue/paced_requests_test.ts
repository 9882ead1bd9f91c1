import { strict as assert } from "node:assert";
import { HostHeldError } from "../core/host_held_error.ts";
import type { HostLimits } from "../core/host_limits.ts";
import type { Priority } from "../core/priority.ts";
import { ManualClock } from "../../tests/manual_clock.ts";
import type { Granted } from "./limits_observer.ts";
import { RequestLimits } from "./request_limits.ts";

const minute = 60_000;
const none = new AbortController().signal;

interface Ask {
  readonly namespace?: string;
  readonly host?: string;
  readonly priority?: Priority;
  readonly signal?: AbortSignal;
}

/** Limits over upstreams that answer after 10 ms what a test scripts. */
function startAsking(answer: (asked: number) => HostLimits | undefined) {
  const clock = new ManualClock(0);
  const told: Granted[] = [];
  const observer = { granted: (_: unknown, granted: Granted) => void told.push(granted) };
  const limits = new RequestLimits({ total: 512, clock, observer });
  const sent: { readonly name: string; readonly at: number }[] = [];
  const refused: string[] = [];
  const ask = async (name: string, options: Ask = {}) => {
    const { namespace = "ns", host = "host", priority = "due", signal = none } = options;
    try {
      const release = await limits.acquire({ namespace, host, priority }, signal);
      sent.push({ name, at: clock.now() });
      const said = answer(sent.length);
      await new Promise<void>((resolve) => clock.schedule(resolve, 10));
      release(said?.isRefusal ? "failure" : "success", said);
    } catch (error) {
      if (!(error instanceof HostHeldError)) throw error;
      refused.push(`${name} for ${error.waitMs}`);
    }
  };
  const askAll = (count: number, options: Ask = {}) => {
    for (let index = 0; index < count; index++) void ask(`${index}`, options);
  };
  const sentAt = () => sent.map(({ at }) => at);
  return { clock, limits, sent, refused, told, ask, askAll, sentAt };
}

const hold = (holdMs: number): HostLimits => ({ isRefusal: false, holdMs });

Deno.test("RequestLimits sends nothing to a host before a hold of a minute ends, and then no burst", async () => {
  const { clock, limits, askAll, sentAt } = startAsking((asked) =>
    asked === 1 ? hold(minute) : undefined
  );
  askAll(500);
  await clock.advance(minute + 9);
  assert.deepEqual([sentAt(), limits.waiting], [[0], 499]);
  await clock.advance(11);
  assert.deepEqual(sentAt().slice(1), [minute + 10, minute + 20, minute + 20]);
  await clock.advance(minute);
  assert.deepEqual([sentAt().length, limits.inFlight, clock.pending], [500, 0, 0]);
});

Deno.test("RequestLimits sends away who would wait longer than a minute, whoever waits, and keeps no promise", async () => {
  const { clock, limits, refused, sent, ask, askAll } = startAsking((asked) =>
    asked === 1 ? hold(60 * minute) : undefined
  );
  askAll(3);
  await clock.advance(10);
  assert.deepEqual(refused, [`1 for ${60 * minute}`, `2 for ${60 * minute}`]);
  await ask("triggered", { priority: "triggered" });
  assert.equal(refused.at(-1), `triggered for ${60 * minute}`);
  assert.deepEqual([limits.waiting, limits.inFlight, clock.pending], [0, 0, 0]);
  await clock.advance(60 * minute);
  void ask("afterwards");
  await clock.advance(0);
  assert.equal(sent.at(-1)!.name, "afterwards");
});

Deno.test("RequestLimits holds up neither another namespace at the host nor another host", async () => {
  const { clock, sent, ask, askAll } = startAsking((asked) =>
    asked === 1 ? hold(minute) : undefined
  );
  askAll(2);
  await clock.advance(10);
  void ask("tenant", { namespace: "other" });
  void ask("elsewhere", { host: "other" });
  await clock.advance(0);
  assert.deepEqual(sent.map(({ name }) => name), ["0", "tenant", "elsewhere"]);
});

Deno.test("RequestLimits takes up a hold that is known from before", async () => {
  const { clock, limits, refused, sentAt, ask } = startAsking(() => undefined);
  limits.hold({ namespace: "ns", host: "host" }, minute);
  void ask("waits");
  await clock.advance(minute);
  assert.deepEqual(sentAt(), [minute]);
  limits.hold({ namespace: "ns", host: "host" }, 2 * minute);
  await ask("goes");
  assert.deepEqual(refused, [`goes for ${2 * minute}`]);
});

Deno.test("RequestLimits lets triggered ones go first after a hold, and one that gives up leave no timer", async () => {
  const { clock, limits, sent, ask } = startAsking((asked) =>
    asked === 1 ? hold(minute) : undefined
  );
  void ask("first");
  await clock.advance(10);
  const abort = new AbortController();
  const given = assert.rejects(ask("given up", { signal: abort.signal }), { message: "stop" });
  assert.deepEqual([limits.waiting, clock.pending], [1, 1]);
  abort.abort(new Error("stop"));
  await given;
  assert.deepEqual([limits.waiting, clock.pending], [0, 0]);
  void ask("retried", { priority: "retried" });
  void ask("due");
  void ask("triggered", { priority: "triggered" });
  await clock.advance(2 * minute);
  assert.deepEqual(sent.map(({ name }) => name), ["first", "triggered", "due", "retried"]);
});

Deno.test("RequestLimits: a host that only refuses is asked ever more slowly, but at least every 10 s", async () => {
  const { clock, limits, askAll, sentAt } = startAsking(() => ({ isRefusal: true }));
  askAll(500);
  await clock.advance(10 * minute);
  const gaps = sentAt().map((at, index) => at - (sentAt()[index - 1] ?? 0)).slice(1);
  assert.deepEqual(gaps.slice(0, 8), [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000]);
  assert.ok(gaps.slice(8).every((gap) => gap === 10_000), `${gaps}`);
  assert.equal(limits.hosts[0]!.gapMs, 10_000);
});

Deno.test("RequestLimits finds the rate of a host that takes ten a second, and refuses few", async () => {
  let [tokens, refusals] = [10, 0];
  const { clock, askAll, sentAt } = startAsking(() => {
    if (tokens-- > 0) return undefined;
    refusals++;
    return { isRefusal: true };
  });
  askAll(2_000);
  for (let tenth = 0; tenth < 3_000; tenth++) {
    await clock.advance(100);
    tokens = Math.min(10, Math.max(0, tokens) + 1);
  }
  const { length } = sentAt();
  assert.equal(length, 2_000);
  assert.ok(refusals < 0.2 * length, `${refusals} refusals of ${length}`);
});

Deno.test("RequestLimits spreads what is left of a window over it, if more than that wait", async () => {
  const windowMs = 30_000;
  let left = 60;
  const clockStart = { at: 0 };
  const { clock, askAll, sentAt } = startAsking(() => {
    const resetMs = windowMs - (clock.now() - clockStart.at);
    left--;
    return left > 0 ? { isRefusal: false, budget: { left, resetMs } } : hold(resetMs);
  });
  askAll(100);
  for (let window = 0; window < 2; window++) {
    await clock.advance(windowMs);
    [left, clockStart.at] = [60, clock.now()];
  }
  const first = sentAt().filter((at) => at < windowMs);
  assert.ok(first.length <= 60 && first.length > 50, `${first.length} in the first window`);
  const perSecond = Array.from(
    { length: 30 },
    (_, second) => first.filter((at) => Math.floor(at / 1_000) === second).length,
  );
  assert.ok(Math.max(...perSecond) <= 4, `${perSecond}`);
  assert.equal(sentAt().length, 100);
});

Deno.test("RequestLimits lets all go at once if enough is left for them", async () => {
  const budget = { left: 5_000, resetMs: 60 * minute };
  const { clock, askAll, sentAt } = startAsking(() => ({ isRefusal: false, budget }));
  askAll(500);
  await clock.advance(1_000);
  assert.equal(sentAt().length, 500);
});

Deno.test("RequestLimits tells how late a request is and whether the host wanted that", async () => {
  const { clock, limits, told, ask } = startAsking((asked) =>
    asked === 1 ? hold(1_000) : undefined
  );
  void ask("first");
  void ask("behind it");
  await clock.advance(2_000);
  await limits.acquire({ namespace: "ns", host: "free", priority: "due", lateMs: 7 }, none);
  assert.deepEqual(told, [
    { lateMs: 0, isPaced: false },
    { lateMs: 1_010, isPaced: true },
    { lateMs: 7, isPaced: false },
  ]);
});

Deno.test("RequestLimits.hosts tells the pace of each host, over all namespaces", async () => {
  const { clock, limits, ask } = startAsking((asked) =>
    asked === 1 ? hold(minute) : { isRefusal: true }
  );
  void ask("held");
  await clock.advance(10);
  void ask("waits", { priority: "retried" });
  void ask("refused", { namespace: "other" });
  await clock.advance(10);
  assert.deepEqual(limits.hosts, [
    { host: "host", waiting: 1, gapMs: 100, holdMs: minute - 10 },
  ]);
});

Deno.test("RequestLimits forgets paces that ask for nothing any more", async () => {
  const { clock, limits, ask } = startAsking((asked) =>
    asked <= 500 ? { isRefusal: true } : asked <= 1_000 ? hold(minute) : undefined
  );
  for (let index = 0; index < 2_000; index++) void ask("any", { host: `host-${index}` });
  await clock.advance(1_000);
  assert.deepEqual([limits.knownLanes, limits.inFlight], [1_000, 0]);
  await clock.advance(12 * minute);
  await Promise.all([ask("other", { host: "other" }), clock.advance(10)]);
  assert.deepEqual([limits.knownLanes, clock.pending], [0, 0]);
});

Deno.test("RequestLimits forgets the paces of hosts by the thousand that hooks have made up", async () => {
  const clock = new ManualClock();
  const limits = new RequestLimits({ total: 8, clock });
  const { signal } = new AbortController();
  const ask = (host: string) => limits.acquire({ namespace: "n", host, priority: "due" }, signal);
  for (let index = 0; index < 5_000; index++) {
    (await ask(`host-${index}:443`))("failure", { isRefusal: true, holdMs: 86_400_000 });
  }
  await clock.advance(3_600_000);
  (await ask("other:443"))("success");
  assert.ok(limits.knownLanes <= 4_097, `${limits.knownLanes}`);
});
