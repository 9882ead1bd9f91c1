import assert from "node:assert/strict";
import type { ExternalSourceStatus } from "../core/external_source.ts";
import { StepError } from "../core/step_error.ts";
import { checkStatus } from "../../tests/laws/status.ts";
import { artifactOf, conditionOf, sourceOf, then } from "../../tests/source_fixtures.ts";
import { type Failure, failureOf } from "./error_policy.ts";
import { failuresBefore } from "./failures_before.ts";
import {
  failuresAfter,
  isExhausted,
  nextStatus,
  type Outcome,
  readyFalse,
  statusInPhase,
  type StatusMoment,
} from "./next_status.ts";

const now = "2026-01-02T00:00:00Z";
const noneHandled = { source: undefined, artifact: undefined };
const moment: StatusMoment = {
  now,
  handled: noneHandled,
  wait: undefined,
  failures: 0,
  maxAttempts: 3,
  owner: undefined,
};

const failureWith = (errorClass: StepError["class"], reason = "FetchFailed"): Failure =>
  failureOf(new StepError("Cannot fetch: refused", { class: errorClass, reason }));
const failed = (errorClass: StepError["class"], reason?: string): Outcome => (
  { kind: "failed", failure: failureWith(errorClass, reason), artifact: undefined }
);
const published: Outcome = {
  kind: "published",
  artifact: artifactOf("a"),
  fingerprint: "f",
  etag: '"1"',
};
const kept: Outcome = { kind: "kept", artifact: artifactOf("a"), isSuspended: false };
const suspended: Outcome = { kind: "kept", artifact: undefined, isSuspended: true };

function next(status: ExternalSourceStatus, outcome: Outcome, more: Partial<StatusMoment> = {}) {
  const source = sourceOf({ status });
  const before = failuresBefore({
    ...{ source, unwritten: undefined, isFollowed: false },
    memory: { failures: status.failures ?? 0 },
  });
  const failures = failuresAfter(before, outcome);
  const after = nextStatus(source, outcome, { ...moment, failures, ...more });
  checkStatus(after, { object: source.metadata, generation: 1 });
  return after;
}

const say = ({ conditions = [] }: ExternalSourceStatus) =>
  conditions.map(({ type, status, reason }) => `${type}=${status}/${reason}`);

const starts: Record<string, ExternalSourceStatus> = {
  nothing: {},
  ready: {
    observedGeneration: 1,
    artifact: artifactOf("a"),
    conditions: [conditionOf("Ready=True/Succeeded")],
  },
  retrying: {
    observedGeneration: 1,
    failures: 2,
    conditions: [
      conditionOf("Ready=False/FetchFailed"),
      conditionOf("Reconciling=True/ProgressingWithRetry"),
    ],
  },
  stalled: {
    observedGeneration: 1,
    failures: 9,
    artifact: artifactOf("a"),
    conditions: [
      conditionOf("Ready=False/FetchFailed"),
      conditionOf("Stalled=True/RetriesExhausted"),
    ],
  },
  interrupted: {
    artifact: artifactOf("a"),
    conditions: [conditionOf("Ready=True/Succeeded"), conditionOf("Fetching=True/Progressing")],
  },
};

const outcomes: readonly {
  outcome: Outcome;
  name: string;
  conditions: (failures: number) => string[];
}[] = [
  { name: "published", outcome: published, conditions: () => ["Ready=True/Succeeded"] },
  {
    name: "transient",
    outcome: failed("transient"),
    conditions: (failures) => [
      "Ready=False/FetchFailed",
      failures >= 3 ? "Stalled=True/RetriesExhausted" : "Reconciling=True/ProgressingWithRetry",
    ],
  },
  { name: "rejected", outcome: failed("rejected"), conditions: () => ["Ready=False/FetchFailed"] },
  {
    name: "secret",
    outcome: failed("secret", "SecretNotFound"),
    conditions: () => ["Ready=False/SecretNotFound", "Reconciling=True/ProgressingWithRetry"],
  },
  {
    name: "configuration",
    outcome: failed("configuration", "InvalidURL"),
    conditions: () => ["Ready=False/InvalidURL", "Stalled=True/InvalidURL"],
  },
  {
    name: "name-conflict",
    outcome: failed("name-conflict", "NameConflict"),
    conditions: () => ["Ready=False/NameConflict", "Stalled=True/NameConflict"],
  },
];

for (const [start, status] of Object.entries(starts)) {
  for (const { name, outcome, conditions } of outcomes) {
    Deno.test(`nextStatus() of ${name} after ${start}: the right conditions, and none the second time`, () => {
      const after = next(status, outcome);
      assert.deepEqual(say(after).toSorted(), conditions(after.failures ?? 0).toSorted());
      assert.equal(after.observedGeneration, 1);
      // A count is a change; all else must be the same, or each retry would be a write.
      const again = next(after, outcome, { now: "2026-01-03T00:00:00Z" });
      const sameEnd = say(again).join() === say(after).join();
      if (sameEnd) assert.deepEqual({ ...again, failures: 0 }, { ...after, failures: 0 });
      else assert.equal(name, "transient");
    });
  }
}

Deno.test("nextStatus() of what was kept changes nothing but phases left over", () => {
  for (const start of ["ready", "retrying", "stalled"]) {
    const wait = { nextAttemptTime: now, nextAttemptHeld: true };
    const status = { ...starts[start], observedGeneration: 1, ...wait };
    const { artifact: _, ...expected } = status;
    const { artifact, ...rest } = next(status, { ...kept, artifact: status.artifact });
    assert.deepEqual(rest, expected);
    assert.deepEqual(artifact, status.artifact);
  }
  assert.deepEqual(say(next(starts["interrupted"]!, kept)), ["Ready=True/Succeeded"]);
});

Deno.test("nextStatus() says until when is waited, and whether the upstream asked for it", () => {
  const waitOf = ({ nextAttemptTime, nextAttemptHeld }: ExternalSourceStatus) => (
    { nextAttemptTime, nextAttemptHeld }
  );
  for (const isHeld of [true, false]) {
    const status = next(starts["ready"]!, failed("transient"), { wait: { until: now, isHeld } });
    const nextAttemptHeld = isHeld ? true : undefined;
    assert.deepEqual(waitOf(status), { nextAttemptTime: now, nextAttemptHeld });
    const over = { nextAttemptTime: undefined, nextAttemptHeld: undefined };
    assert.deepEqual(waitOf(next(status, published)), over);
  }
});

Deno.test("nextStatus() of a suspended source does not go on reconciling", () => {
  assert.deepEqual(say(next(starts["retrying"]!, suspended)), ["Ready=False/FetchFailed"]);
  assert.deepEqual(say(next(starts["stalled"]!, suspended)), say(starts["stalled"]!));
  assert.deepEqual(say(next({}, suspended)), ["Ready=Unknown/Suspended"]);
});

Deno.test("nextStatus() sets a transition time only when a condition turns", () => {
  const again = next(starts["ready"]!, { ...published, artifact: artifactOf("b") });
  assert.equal(again.conditions?.[0]?.lastTransitionTime, then);
  assert.match(again.conditions?.[0]?.message ?? "", /'latest@sha256:b+'/);
  const turned = next(starts["ready"]!, failed("rejected"));
  assert.equal(turned.conditions?.[0]?.lastTransitionTime, now);
});

Deno.test("nextStatus() keeps what is published through a failure, or says what is stored by now", () => {
  const before = { ...starts["ready"], fingerprint: "f", lastHandledETag: '"1"' };
  const same = next(before, failed("transient"));
  assert.deepEqual([same.artifact, same.fingerprint, same.lastHandledETag], [
    artifactOf("a"),
    "f",
    '"1"',
  ]);
  const made = { fingerprint: "g", etag: undefined };
  const failure = failureWith("no-flux", "ExternalArtifactUnavailable");
  const newer = next(before, { kind: "failed", failure, artifact: artifactOf("b"), made });
  assert.deepEqual([newer.artifact, newer.fingerprint, newer.lastHandledETag], [
    artifactOf("b"),
    "g",
    undefined,
  ]);
});

Deno.test("nextStatus() answers each trigger in its own field and forgets none", () => {
  const before = { lastHandledReconcileAt: "1", lastHandledArtifactReconcileAt: "2" };
  const source = next(before, published, { handled: { source: "3", artifact: undefined } });
  assert.deepEqual([source.lastHandledReconcileAt, source.lastHandledArtifactReconcileAt], [
    "3",
    "2",
  ]);
  const artifact = next(before, published, { handled: { source: undefined, artifact: "4" } });
  assert.deepEqual([artifact.lastHandledReconcileAt, artifact.lastHandledArtifactReconcileAt], [
    "1",
    "4",
  ]);
});

Deno.test("nextStatus() keeps the owner and foreign conditions, and has no field that is undefined", () => {
  const foreign = conditionOf("Healthy=True/Fine");
  const after = next({ owner: "pod-0", conditions: [foreign] }, published);
  assert.equal(after.owner, "pod-0");
  assert.deepEqual(after.conditions?.[0], foreign);
  assert.ok(Object.values(after).every((value) => value !== undefined));
});

Deno.test("nextStatus() does not change its arguments", () => {
  const source = sourceOf({ status: starts["stalled"]! });
  const copy = structuredClone(source);
  nextStatus(source, published, moment);
  statusInPhase(source, "Storing", now);
  assert.deepEqual(source, copy);
});

Deno.test("failuresAfter() counts only what counts", () => {
  assert.equal(failuresAfter(2, failed("transient")), 3);
  assert.equal(failuresAfter(2, failed("rejected")), 2);
  assert.equal(failuresAfter(2, failed("secret")), 2);
  assert.equal(failuresAfter(2, kept), 2);
  assert.equal(failuresAfter(2, published), 0);
});

Deno.test("isExhausted() at the last attempt, never for what does not count", () => {
  const after = (failures: number, errorClass: StepError["class"] = "transient") =>
    isExhausted(failureWith(errorClass), { failures, maxAttempts: 3 });
  assert.deepEqual([after(2), after(3), after(4)], [false, true, true]);
  assert.equal(after(4, "secret"), false);
});

Deno.test("readyFalse() cuts a message that is too long, never through a character", () => {
  const { message } = readyFalse({ reason: "X", message: `${"x".repeat(32_767)}😀 and more` });
  assert.equal(message.length, 32_768);
  assert.ok(message.isWellFormed());
});

for (const phase of ["Fetching", "ExecutingHooks", "Storing"] as const) {
  Deno.test(`statusInPhase() shows ${phase} and leaves what the last reconcile said`, () => {
    for (const [start, status] of Object.entries(starts)) {
      const source = sourceOf({ status, metadata: { generation: 2 } });
      const shown = statusInPhase(source, phase, now);
      checkStatus(shown, { object: source.metadata, generation: 2 });
      const phases = say(shown).filter((each) => /^(Fetching|ExecutingHooks|Storing)/.test(each));
      assert.deepEqual(phases, [`${phase}=True/Progressing`]);
      const others = say(shown).filter((each) => !phases.includes(each));
      const before = say(status).filter((each) => !each.startsWith("Fetching"));
      const first = ["Ready=Unknown/Progressing", "Reconciling=True/Progressing"];
      assert.deepEqual(others, start === "nothing" ? first : before);
    }
  });
}
