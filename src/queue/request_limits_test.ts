import { strict as assert } from "node:assert";
import type { Priority } from "../core/priority.ts";
import { ManualClock } from "../../tests/manual_clock.ts";
import { settle } from "../../tests/settle.ts";
import { type ReleaseRequest, RequestLimits, type RequestOutcome } from "./request_limits.ts";

interface Ask {
  readonly namespace?: string;
  readonly host?: string;
  readonly priority?: Priority;
}

/** Limits beside a record of who was let go, in order. */
function startLimits(total = 512) {
  const clock = new ManualClock(0);
  const limits = new RequestLimits({ total, clock });
  const granted: string[] = [];
  const releases = new Map<string, ReleaseRequest>();
  const ask = (name: string, { namespace = "ns", host = "host", priority = "due" }: Ask = {}) => {
    const abort = new AbortController();
    const done = limits.acquire({ namespace, host, priority }, abort.signal).then((release) => {
      granted.push(name);
      releases.set(name, release);
    });
    return { abort, done };
  };
  const release = async (name: string, outcome: RequestOutcome) => {
    releases.get(name)!(outcome);
    await settle();
  };
  return { clock, limits, granted, ask, release };
}

Deno.test("RequestLimits doubles a host's window with each success up to 8", async () => {
  const { limits, granted, ask, release } = startLimits();
  for (let index = 0; index < 40; index++) ask(`r${index}`);
  await settle();
  const inFlight = [limits.inFlight];
  for (let index = 0; index < 5; index++) {
    await release(`r${index}`, "success");
    inFlight.push(limits.inFlight);
  }
  assert.deepEqual(inFlight, [1, 2, 4, 8, 8, 8]);
  assert.deepEqual(granted, Array.from({ length: 13 }, (_, index) => `r${index}`));
});

const outcomes: readonly { outcome: RequestOutcome; window: number; reason: string }[] = [
  { outcome: "success", window: 8, reason: "4 doubled" },
  { outcome: "failure", window: 4, reason: "an answer such as 500 says nothing about room" },
  { outcome: "timeout", window: 1, reason: "the host does not keep up" },
];
for (const { outcome, window, reason } of outcomes) {
  Deno.test(`RequestLimits has a window of ${window} after ${outcome} at 4: ${reason}`, async () => {
    const { limits, ask, release } = startLimits();
    for (const name of ["a", "b", "c"]) {
      await ask(name).done;
      await release(name, name === "c" ? outcome : "success");
    }
    for (let index = 0; index < 20; index++) ask(`r${index}`);
    await settle();
    assert.equal(limits.inFlight, window);
  });
}

Deno.test("RequestLimits lets no one through until a shrunken window has room again", async () => {
  const { granted, ask, release } = startLimits();
  for (const name of ["a", "b"]) {
    await ask(name).done;
    await release(name, "success");
  }
  for (let index = 0; index < 6; index++) ask(`r${index}`);
  await settle();
  assert.equal(granted.length, 6);
  for (let index = 0; index < 3; index++) await release(`r${index}`, "timeout");
  assert.equal(granted.length, 6);
  await release("r3", "failure");
  assert.equal(granted.at(-1), "r4");
});

Deno.test("RequestLimits bounds a namespace to a quarter of the total, and all to the total", async () => {
  const { limits, ask } = startLimits(16);
  const inFlight: number[] = [];
  for (const namespace of ["a", "b", "c", "d", "e"]) {
    for (let index = 0; index < 10; index++) {
      ask(`${namespace}${index}`, { namespace, host: `${namespace}${index}` });
    }
    await settle();
    inFlight.push(limits.inFlight);
  }
  assert.deepEqual([inFlight, limits.waiting], [[4, 8, 12, 16, 16], 34]);
});

Deno.test("RequestLimits lets triggered requests go first, each class in the order of coming", async () => {
  const { granted, ask, release } = startLimits();
  ask("holder");
  for (let index = 0; index < 1_000; index++) ask(`bulk${index}`);
  ask("urgent0", { priority: "triggered" });
  ask("urgent1", { priority: "triggered" });
  await settle();
  for (const name of ["holder", "urgent0", "urgent1"]) await release(name, "failure");
  assert.deepEqual(granted, ["holder", "urgent0", "urgent1", "bulk0"]);
});

Deno.test("RequestLimits: 50 tarpit hosts with 20 sources each delay no other source", async () => {
  const { limits, granted, ask } = startLimits();
  for (let host = 0; host < 50; host++) {
    for (let source = 0; source < 20; source++) {
      ask(`tarpit${host}/${source}`, { namespace: "hostile", host: `tarpit${host}` });
    }
  }
  await settle();
  assert.deepEqual([limits.inFlight, limits.waiting], [50, 950]);
  ask("neighbour", { namespace: "hostile", host: "quick" });
  ask("other", { namespace: "other", host: "quick-too" });
  await settle();
  assert.deepEqual(granted.slice(-2), ["neighbour", "other"]);
});

Deno.test("RequestLimits: a full namespace does not stand before others on the same host", async () => {
  const { granted, ask, release } = startLimits(8);
  ask("holder", { namespace: "c", host: "shared" });
  for (const index of [0, 1]) ask(`a${index}`, { namespace: "a", host: `slow${index}` });
  ask("a-shared", { namespace: "a", host: "shared" });
  ask("b-shared", { namespace: "b", host: "shared" });
  await settle();
  assert.deepEqual(granted, ["holder", "a0", "a1"]);
  await release("holder", "failure");
  assert.equal(granted.at(-1), "b-shared");
  await release("b-shared", "failure");
  assert.equal(granted.length, 4);
  await release("a0", "failure");
  assert.deepEqual(granted.slice(4), ["a-shared"]);
});

Deno.test("RequestLimits lets namespaces take turns, in total and on a host", async () => {
  const { granted, ask, release } = startLimits(1);
  ask("holder", { namespace: "x", host: "x" });
  for (let index = 0; index < 3; index++) {
    for (const host of ["h", "i"]) ask(`a-${host}${index}`, { namespace: "a", host });
  }
  ask("b-h", { namespace: "b", host: "h" });
  ask("c-j", { namespace: "c", host: "j" });
  await settle();
  for (let turn = 0; turn < 6; turn++) await release(granted.at(-1)!, "failure");
  assert.deepEqual(granted, ["holder", "a-h0", "b-h", "c-j", "a-i0", "a-h1", "a-i1"]);

  const shared = startLimits();
  shared.ask("holder");
  for (let index = 0; index < 50; index++) shared.ask(`a${index}`, { namespace: "a" });
  shared.ask("b0", { namespace: "b" });
  await settle();
  await shared.release("holder", "failure");
  await shared.release("a0", "failure");
  assert.deepEqual(shared.granted, ["holder", "a0", "b0"]);
});

Deno.test("RequestLimits.acquire() rejects when aborted, leaves nothing and keeps the turns", async () => {
  const { limits, granted, ask, release } = startLimits();
  const reason = new Error("shutting down");
  ask("holder");
  const given = ask("given up");
  ask("next");
  await settle();
  given.abort.abort(reason);
  await assert.rejects(given.done, reason);
  assert.equal(limits.waiting, 1);
  await assert.rejects(
    limits.acquire({ namespace: "ns", host: "host", priority: "due" }, AbortSignal.abort(reason)),
    reason,
  );
  await release("holder", "failure");
  await release("holder", "failure");
  assert.deepEqual([granted, limits.inFlight], [["holder", "next"], 1]);
});

Deno.test("RequestLimits.acquire() no longer listens to the signal once granted", async () => {
  const { ask, release } = startLimits();
  await ask("holder").done;
  const { abort, done } = ask("next");
  let listeners = 1;
  abort.signal.removeEventListener = () => listeners--;
  await release("holder", "failure");
  await done;
  assert.equal(listeners, 0);
});

Deno.test("RequestLimits forgets a host ten minutes after its last request", async () => {
  const { clock, limits, ask, release } = startLimits();
  for (let index = 0; index < 1_000; index++) {
    await ask(`r${index}`, { host: `host${index}` }).done;
    await release(`r${index}`, "success");
  }
  await clock.advance(5 * 60_000);
  await ask("again", { host: "host0" }).done;
  await ask("second", { host: "host0" }).done;
  await clock.advance(5 * 60_000);
  await ask("stranger", { host: "stranger" }).done;
  assert.deepEqual([limits.knownHosts, limits.inFlight], [2, 3]);
});
