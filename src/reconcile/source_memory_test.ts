import assert from "node:assert/strict";
import type { ExternalSourceStatus } from "../core/external_source.ts";
import { ManualClock } from "../../tests/manual_clock.ts";
import { artifactOf, conditionOf, sourceOf } from "../../tests/source_fixtures.ts";
import { initialMemory } from "./source_memory.ts";

const clock = new ManualClock(Date.UTC(2026, 0, 1, 12));
const minute = 60_000;
const context = {
  clock,
  settings: { minInterval: minute, maxAttempts: 10 },
  delays: {
    backoff: () => 0,
    secretBackoff: () => 0,
    asked: () => 0,
    interval: () => 0,
    spread: (_: string, intervalMs: number) => intervalMs / 2,
  },
};
const published = { artifact: artifactOf("a") };
const spec = sourceOf().spec as Readonly<Record<string, unknown>>;
const because = (...conditions: string[]) => ({
  ...published,
  conditions: conditions.map((each) => conditionOf(each)),
});

const cases: readonly {
  name: string;
  spec?: unknown;
  status: ExternalSourceStatus;
  after: number;
  held?: boolean;
}[] = [
  { name: "a new source", status: {}, after: 0 },
  { name: "a published one", status: published, after: 2.5 * minute },
  {
    name: "one published by the Go implementation",
    status: { artifact: { ...artifactOf("a"), path: "" } },
    after: 0,
  },
  {
    name: "an interval below the minimum",
    spec: { ...spec, interval: "1s" },
    status: published,
    after: minute / 2,
  },
  {
    name: "an interval that is none",
    spec: { ...spec, interval: "1..5m" },
    status: published,
    after: minute / 2,
  },
  {
    name: "an interval that is a number",
    spec: { interval: 5 },
    status: published,
    after: minute / 2,
  },
  { name: "no spec", spec: undefined, status: published, after: minute / 2 },
  { name: "a spec of null", spec: null, status: published, after: minute / 2 },
  {
    name: "a wait to come",
    status: { ...published, nextAttemptTime: "2026-01-01T13:00:00Z" },
    after: 60 * minute,
  },
  {
    name: "a wait to come that the upstream asked for",
    status: { ...published, nextAttemptTime: "2026-01-01T13:00:00Z", nextAttemptHeld: true },
    after: 60 * minute,
    held: true,
  },
  {
    name: "a wait that is over",
    status: { ...published, nextAttemptTime: "2026-01-01T11:00:00Z", nextAttemptHeld: true },
    after: 2.5 * minute,
  },
  {
    name: "a wait that is no time",
    status: { ...published, nextAttemptTime: "soon", nextAttemptHeld: true },
    after: 2.5 * minute,
  },
  {
    name: "one that was being retried",
    status: because("Ready=False/FetchFailed", "Reconciling=True/ProgressingWithRetry"),
    after: 0,
  },
  {
    name: "one that was being retried, and a wait",
    status: {
      ...because("Ready=False/FetchFailed", "Reconciling=True/ProgressingWithRetry"),
      nextAttemptTime: "2026-01-01T13:00:00Z",
    },
    after: 60 * minute,
  },
  {
    name: "one that only waits for Flux",
    status: because(
      "Ready=False/ExternalArtifactUnavailable",
      "Reconciling=True/ProgressingWithRetry",
    ),
    after: 2.5 * minute,
  },
  {
    name: "an exhausted one",
    status: because("Ready=False/FetchFailed", "Stalled=True/RetriesExhausted"),
    after: 2.5 * minute,
  },
  {
    name: "an exhausted one that was never published",
    status: {
      conditions: [
        conditionOf("Ready=False/FetchFailed"),
        conditionOf("Stalled=True/RetriesExhausted"),
      ],
    },
    after: 2.5 * minute,
  },
  {
    name: "a stalled one that was never published",
    status: { conditions: [conditionOf("Ready=False/X"), conditionOf("Stalled=True/X")] },
    after: 0,
  },
  { name: "a rejected one", status: because("Ready=False/FetchFailed"), after: 2.5 * minute },
];
for (const { name, status, after, held = false, ...each } of cases) {
  Deno.test(`initialMemory() of ${name}: next fetch after ${after / minute} min`, () => {
    const source = { ...sourceOf({ status }), ...("spec" in each ? { spec: each.spec } : {}) };
    const { nextFetchAt, holdUntil, lastDocument, uid } = initialMemory(source, context);
    assert.equal(nextFetchAt - clock.now(), after);
    assert.equal(holdUntil, held ? nextFetchAt : 0);
    assert.equal(lastDocument, undefined);
    assert.equal(uid, "uid-1");
  });
}
