import assert from "node:assert/strict";
import type { ObjectEvent } from "../core/object_event.ts";
import { createEventRecorder } from "./event_recorder.ts";

const event = (kind: string): ObjectEvent => ({
  involvedObject: { apiVersion: "g/v1", kind, namespace: "n", name: "a", uid: "u" },
  type: "Normal",
  reason: "NewArtifact",
  message: "stored canary",
  metadata: { revision: "canary@1" },
  time: 0,
});

function record(kinds: readonly string[], withFlux = true) {
  const recorded: ObjectEvent[] = [];
  const posted: ObjectEvent[] = [];
  const recordAny = createEventRecorder({
    recordEvent: (each) => Promise.resolve(void recorded.push(each)),
    fluxEvents: withFlux ? { post: (each) => void posted.push(each) } : undefined,
    redact: (text) => text.replaceAll("canary", "***"),
  });
  for (const kind of kinds) void recordAny(event(kind));
  return { recorded, posted };
}

const kindOf = ({ involvedObject }: ObjectEvent) => involvedObject.kind;

Deno.test("createEventRecorder() sends all events to Kubernetes, those of ExternalArtifacts also to Flux", () => {
  const { recorded, posted } = record(["ExternalSource", "ExternalArtifact"]);
  assert.deepEqual(recorded.map(kindOf), ["ExternalSource", "ExternalArtifact"]);
  assert.deepEqual(posted.map(kindOf), ["ExternalArtifact"]);
});

Deno.test("createEventRecorder() lets no secret into either", () => {
  const { recorded, posted } = record(["ExternalArtifact"]);
  assert.equal(JSON.stringify([recorded, posted]).includes("canary"), false);
  assert.equal(recorded[0]!.message, "stored ***");
});

Deno.test("createEventRecorder() does without Flux", () => {
  assert.equal(record(["ExternalArtifact"], false).recorded.length, 1);
});
