import assert from "node:assert/strict";
import type { ObjectEvent } from "../core/object_event.ts";
import { fluxEvent } from "./flux_event.ts";

const event: ObjectEvent = {
  involvedObject: {
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "ExternalArtifact",
    namespace: "apps",
    name: "app",
    uid: "u-1",
    resourceVersion: "7",
  },
  type: "Normal",
  reason: "NewArtifact",
  message: "stored artifact",
  metadata: { revision: "latest@sha256:ab" },
  annotations: { "event.toolkit.fluxcd.io/team": "a", "other/annotation": "b" },
  time: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
};

Deno.test("fluxEvent() has the fields of event.toolkit.fluxcd.io/v1beta1", () => {
  assert.deepEqual(fluxEvent(event, "manager-0"), {
    involvedObject: event.involvedObject,
    severity: "info",
    timestamp: "2026-01-02T03:04:05Z",
    message: "stored artifact",
    reason: "NewArtifact",
    metadata: {
      "event.toolkit.fluxcd.io/team": "a",
      "source.toolkit.fluxcd.io/revision": "latest@sha256:ab",
    },
    reportingController: "externalsource-controller",
    reportingInstance: "manager-0",
  });
});

Deno.test("fluxEvent() makes a warning an error", () => {
  assert.equal(fluxEvent({ ...event, type: "Warning" }, "x").severity, "error");
});

Deno.test("fluxEvent() cuts a message at 39,000 characters, never within one", () => {
  const { message } = fluxEvent({ ...event, message: `a${"😀".repeat(30_000)}` }, "x");
  assert(message.length <= 39_000 && message.length >= 38_998);
  assert(message.isWellFormed());
  assert(message.endsWith("😀…"));
  const whole = "b".repeat(39_000);
  assert.equal(fluxEvent({ ...event, message: whole }, "x").message, whole);
});
