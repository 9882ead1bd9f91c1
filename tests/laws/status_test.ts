import assert from "node:assert/strict";
import type { Artifact } from "../../src/core/artifact.ts";
import type { Condition } from "../../src/core/condition.ts";
import type { ExternalSourceStatus } from "../../src/core/external_source.ts";
import { checkArtifactStatus, checkStatus, type StatusContext } from "./status.ts";

const time = "2026-01-01T00:00:00Z";
const hex = "a".repeat(64);
const path = `artifacts/apps/settings/${hex}.tar.gz`;
const artifact: Artifact = {
  url: `http://localhost:8080/${path}`,
  path,
  revision: `latest@sha256:${"b".repeat(64)}`,
  digest: `sha256:${hex}`,
  size: 10,
  lastUpdateTime: time,
};
const ready: Condition = {
  type: "Ready",
  status: "True",
  reason: "Succeeded",
  message: "stored artifact",
  lastTransitionTime: time,
  observedGeneration: 2,
};
const failed: Condition = { ...ready, status: "False", reason: "FetchFailed" };
const stalled: Condition = { ...ready, type: "Stalled", reason: "InvalidURL" };
const reconciling: Condition = { ...ready, type: "Reconciling", reason: "ProgressingWithRetry" };
const good: ExternalSourceStatus = { observedGeneration: 2, conditions: [ready], artifact };

const legal: readonly (readonly [string, ExternalSourceStatus])[] = [
  ["of an object that nothing has looked at", {}],
  ["of success", good],
  ["of a failure that keeps the artifact", {
    ...good,
    conditions: [failed, reconciling],
    failures: 1,
    nextAttemptTime: time,
  }],
  ["of a failure without an artifact", { observedGeneration: 2, conditions: [failed, stalled] }],
];

const illegal: readonly (readonly [string, ExternalSourceStatus, StatusContext?])[] = [
  ["S1", { observedGeneration: 2 }],
  ["S2", { ...good, conditions: [failed, { ...stalled, status: "False" }] }],
  ["S3", { ...good, conditions: [failed, stalled, reconciling] }],
  ["S4", { observedGeneration: 2, conditions: [ready] }],
  ["S4", { ...good, conditions: [ready, stalled] }],
  ["S5", { ...good, observedGeneration: 1 }],
  ["S5", good, { generation: 1 }],
  ["S6", { ...good, nextAttemptTime: "2026-01-01T00:00:00.000Z" }],
  ["S6", { ...good, nextAttemptTime: "2026-13-01T00:00:00Z" }],
  ["S6", { ...good, nextAttemptHeld: true }],
  ["S7", { ...good, failures: -1 }],
  ["S8", { ...good, conditions: [{ ...ready, message: "token CANARY-1" }] }],
  ["S8", { ...good, lastHandledETag: "canary" }],
  ["S8", { ...good, artifact: { ...artifact, metadata: { a: "s3cr3t" } } }, {
    canaries: ["s3cr3t"],
  }],
  ["S8", { ...good, conditions: [{ ...failed, message: "at https://u:p@example.com/" }] }],
  ["S8", { ...good, conditions: [{ ...failed, message: 'at "https://example.com/a?key=1"' }] }],
  ["C1", { ...good, conditions: [ready, ready] }],
  ["C2", { ...good, conditions: [ready, { ...ready, type: "-bad" }] }],
  ["C3", { ...good, conditions: [ready, { ...ready, type: "X", status: "true" as "True" }] }],
  ["C4", { ...good, conditions: [{ ...ready, reason: "all good" }] }],
  ["C4", { ...good, conditions: [{ ...ready, reason: "" }] }],
  ["C5", { ...good, conditions: [{ ...ready, message: "" }] }],
  ["C5", { ...good, conditions: [{ ...ready, message: "x".repeat(32_769) }] }],
  ["C6", { ...good, conditions: [{ ...ready, lastTransitionTime: "yesterday" }] }],
  ["A1", { ...good, artifact: { ...artifact, digest: hex } }],
  ["A2", { ...good, artifact: { ...artifact, revision: `sha256:${hex}` } }],
  ["A3", { ...good, artifact: { ...artifact, digest: `sha256:${"c".repeat(64)}` } }],
  ["A3", { ...good, artifact: { ...artifact, path: artifact.url } }],
  ["A4", good, { object: { namespace: "apps", name: "other" } }],
  ["A5", { ...good, artifact: { ...artifact, url: "http://localhost:8080/" } }],
  ["A6", { ...good, artifact: { ...artifact, size: 0 } }],
  ["A7", { ...good, artifact: { ...artifact, lastUpdateTime: "2026-01-01" } }],
];

const inContext = { object: { namespace: "apps", name: "settings" }, generation: 2 };

for (const [what, status] of legal) {
  Deno.test(`checkStatus() accepts a status ${what}`, () => checkStatus(status, inContext));
}

for (const [index, [law, status, context]] of illegal.entries()) {
  Deno.test(`checkStatus() sees law ${law} broken, case ${index}`, () => {
    assert.throws(() => checkStatus(status, context), (error: Error) => {
      const laws = error.message.split("\nin ")[0]!.split("\n").map((line) => line.slice(0, 2));
      assert.ok(laws.includes(law), error.message);
      return true;
    });
  });
}

Deno.test("checkStatus() breaks exactly one law in the cases that change one thing", () => {
  const only = ["S1", "S2", "S6", "S7", "C1", "C4", "C5", "C6", "A1", "A2", "A4", "A5", "A6", "A7"];
  for (const [law, status, context] of illegal.filter(([each]) => only.includes(each))) {
    const message = messageOf(() => checkStatus(status, context));
    const laws = message.split("\nin ")[0]!.split("\n").map((line) => line.slice(0, 2));
    // A digest without its algorithm has no hex that the path could have.
    assert.deepEqual(laws, law === "A1" ? ["A1", "A3"] : [law]);
  }
});

Deno.test("checkArtifactStatus() accepts an ExternalArtifact's status, empty or published", () => {
  checkArtifactStatus({});
  checkArtifactStatus({ artifact, conditions: [ready] }, inContext);
});

Deno.test("checkArtifactStatus() compares conditions with the generation of the object", () => {
  const status = { artifact, conditions: [ready] };
  assert.match(messageOf(() => checkArtifactStatus(status, { generation: 1 })), /^S5 .*2 > 1/);
  assert.match(
    messageOf(() => checkArtifactStatus({ conditions: [ready] })),
    /^S4 Ready=True implies an artifact/,
  );
});

function messageOf(run: () => void): string {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return assert.fail("no law was seen broken");
}
