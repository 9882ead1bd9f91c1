import assert from "node:assert/strict";
import { type ErrorClass, StepError } from "../core/step_error.ts";
import { ManualClock } from "../../tests/manual_clock.ts";
import { minute, ReconcileWorld, specWith } from "../../tests/reconcile_world.ts";
import { artifactOf, sourceOf } from "../../tests/source_fixtures.ts";
import { ScriptedUpstream } from "../../tests/scripted_upstream.ts";
import { failureOf } from "./error_policy.ts";
import type { Outcome } from "./next_status.ts";
import { planSource } from "./plan_source.ts";
import { nextAttempt, type RequeueFacts } from "./requeue.ts";
import { initialMemory } from "./source_memory.ts";

const start = Date.UTC(2026, 0, 1);
const generators = { http: new ScriptedUpstream() };

/** Runs a case against a context with delays of 10 s × failures, 1 s × waits and the plain interval. */
async function attempt(
  outcome: Outcome,
  facts: Partial<RequeueFacts> & { suspend?: boolean } = {},
) {
  await using world = await ReconcileWorld.create();
  const delays = {
    ...world.context().delays,
    backoff: (failures: number) => 10_000 * failures,
    asked: (askedMs: number) => askedMs,
    secretBackoff: (failures: number) => 1_000 * failures,
  };
  const context = { ...world.context(), clock: new ManualClock(start), delays };
  const memory = facts.memory ??
    initialMemory(sourceOf({ status: { observedGeneration: 1 } }), context);
  const spec = specWith({ suspend: facts.suspend === true });
  const plan = planSource({ spec }, { generators, minInterval: minute, hookTimeout: 30_000 });
  const next = nextAttempt(context, {
    ...{ memory, outcome, plan },
    ...{ fetched: true, failures: outcome.kind === "failed" ? 1 : 0 },
    ...facts,
  });
  const { requeueAt, wait } = next;
  return { after: requeueAt === undefined ? undefined : requeueAt - start, wait, memory };
}

const failed = (errorClass: ErrorClass, retryAfterMs?: number): Outcome => {
  const details = {
    class: errorClass,
    reason: "X",
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
  return { kind: "failed", failure: failureOf(new StepError("x", details)), artifact: undefined };
};
const published: Outcome = {
  kind: "published",
  artifact: artifactOf("a"),
  fingerprint: undefined,
  etag: undefined,
};
const kept: Outcome = { kind: "kept", artifact: undefined, isSuspended: false };

const cases: readonly {
  name: string;
  outcome: Outcome;
  facts?: Partial<RequeueFacts>;
  after: number | undefined;
  remembered?: boolean;
}[] = [
  { name: "a first transient failure", outcome: failed("transient"), after: 10_000 },
  { name: "a second", outcome: failed("transient"), facts: { failures: 2 }, after: 20_000 },
  {
    name: "the last but one",
    outcome: failed("storage"),
    facts: { failures: 2 },
    after: 20_000,
  },
  {
    name: "the last",
    outcome: failed("transient"),
    facts: { failures: 3 },
    after: 5 * minute,
  },
  {
    name: "one of an exhausted source",
    outcome: failed("transient"),
    facts: { failures: 100 },
    after: 5 * minute,
  },
  { name: "a rejected request", outcome: failed("rejected"), after: 5 * minute },
  { name: "a missing Secret", outcome: failed("secret"), after: 1_000 },
  { name: "a name conflict", outcome: failed("name-conflict"), after: 5 * minute },
  { name: "no Flux", outcome: failed("no-flux"), after: 10_000 },
  {
    name: "a wrong spec",
    outcome: failed("configuration"),
    facts: { plan: undefined, fetched: false },
    after: undefined,
  },
  {
    name: "a failure without a plan",
    outcome: failed("name-conflict"),
    facts: { plan: undefined },
    after: minute,
  },
  { name: "a short Retry-After", outcome: failed("transient", 30_000), after: 30_000 },
  {
    name: "a long Retry-After",
    outcome: failed("transient", 90 * minute),
    after: 90 * minute,
    remembered: true,
  },
  {
    name: "Retry-After of a rejected request",
    outcome: failed("rejected", 90 * minute),
    after: 90 * minute,
    remembered: true,
  },
  {
    name: "Retry-After of an exhausted source",
    outcome: failed("transient", 90 * minute),
    facts: { failures: 10 },
    after: 90 * minute,
    remembered: true,
  },
  {
    name: "a Retry-After of 0, which asks for nothing",
    outcome: failed("transient", 0),
    facts: { failures: 2 },
    after: 20_000,
  },
  {
    name: "a Retry-After below the shortest delay",
    outcome: failed("transient", 1),
    facts: { failures: 2 },
    after: 10_000,
  },
  {
    name: "a short Retry-After of an exhausted source",
    outcome: failed("transient", 1_000),
    facts: { failures: 10 },
    after: 5 * minute,
  },
];
for (const { name, outcome, facts, after, remembered = false } of cases) {
  Deno.test(`nextAttempt() ${name}: ${after === undefined ? "never" : `${after} ms`}`, async () => {
    const next = await attempt(outcome, facts);
    assert.equal(next.after, after);
    const until = new Date(start + (after ?? 0)).toISOString().replace(".000", "");
    assert.deepEqual(next.wait, remembered ? { until, isHeld: true } : undefined);
  });
}

Deno.test("nextAttempt() runs a published source at its next fetch, a suspended one never", async () => {
  const memory = { ...initialMemoryOf(), nextFetchAt: start + 7 };
  assert.equal((await attempt(published, { memory })).after, 7);
  assert.equal((await attempt(kept, { memory })).after, 7);
  assert.equal((await attempt(published, { memory, suspend: true })).after, undefined);
});

Deno.test("nextAttempt() remembers a backoff of over a minute, but no interval", async () => {
  await using world = await ReconcileWorld.create();
  world.maxAttempts = 100;
  const context = {
    ...world.context(),
    delays: { ...world.context().delays, backoff: () => 2 * minute },
  };
  const plan = planSource({ spec: specWith({}) }, {
    generators,
    minInterval: minute,
    hookTimeout: 30_000,
  });
  const facts = {
    failures: 2,
    memory: initialMemoryOf(),
    outcome: failed("transient"),
    plan,
    fetched: true,
  };
  const { wait } = nextAttempt(context, facts);
  assert.deepEqual(wait, { until: "2026-01-01T00:02:00Z", isHeld: false });
});

Deno.test("nextAttempt() keeps a wait that was asked for while nothing is fetched", async () => {
  const until = start + 90 * minute;
  const memory = { ...initialMemoryOf(), nextFetchAt: start - 1, holdUntil: until };
  const during = await attempt(kept, { memory, fetched: false });
  assert.deepEqual([during.after, memory.holdUntil], [90 * minute, until]);
  const resumed = await attempt(published, { memory, fetched: false });
  assert.deepEqual(resumed.wait, { until: "2026-01-01T01:30:00Z", isHeld: true });
  assert.equal(memory.holdUntil, until);
  await attempt(published, { memory, fetched: true });
  assert.equal(memory.holdUntil, 0);
});

Deno.test("nextAttempt() lets a trigger through as soon as the wait that was asked for is over", async () => {
  const memory = initialMemoryOf();
  await attempt(failed("transient", 1_000), { memory, failures: 10 });
  assert.deepEqual([memory.holdUntil, memory.nextFetchAt], [start + 1_000, start + 5 * minute]);
});

Deno.test("nextAttempt() drops a wait once the upstream answered without asking for one", async () => {
  const memory = { ...initialMemoryOf(), holdUntil: start + 90 * minute };
  await attempt(failed("transient"), { memory });
  assert.equal(memory.holdUntil, 0);
});

Deno.test("nextAttempt() lets looking for Flux put off no fetch", async () => {
  const memory = { ...initialMemoryOf(), nextFetchAt: start + 7 };
  await attempt(failed("no-flux"), { memory });
  assert.equal(memory.nextFetchAt, start + 7);
});

Deno.test("nextAttempt() counts waits of every class until one goes well", async () => {
  const memory = initialMemoryOf();
  await attempt(failed("secret"), { memory });
  assert.equal((await attempt(failed("secret"), { memory })).after, 2_000);
  await attempt(published, { memory });
  assert.equal((await attempt(failed("secret"), { memory })).after, 1_000);
});

function initialMemoryOf() {
  const none = () => 0;
  return initialMemory(sourceOf(), {
    clock: new ManualClock(start),
    settings: { minInterval: minute, maxAttempts: 10 },
    delays: { backoff: none, asked: none, secretBackoff: none, interval: none, spread: none },
  });
}
