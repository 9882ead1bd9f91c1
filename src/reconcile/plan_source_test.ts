import assert from "node:assert/strict";
import { StepError } from "../core/step_error.ts";
import { specWith } from "../../tests/reconcile_world.ts";
import { ScriptedUpstream } from "../../tests/scripted_upstream.ts";
import { planSource } from "./plan_source.ts";

const options = {
  generators: { http: new ScriptedUpstream() },
  minInterval: 60_000,
  hookTimeout: 30_000,
};
const plan = (spec: unknown) => planSource({ spec }, options);
const http = { url: "http://upstream.test/" };

Deno.test("planSource() prepares a valid spec", () => {
  const { interval, prepared, warnings } = plan(specWith({}));
  assert.deepEqual([interval, prepared.host, warnings], [300_000, "upstream.test", []]);
});

const intervals = [
  { interval: "1m", ms: 60_000, warned: [] },
  { interval: "1h30m", ms: 5_400_000, warned: [] },
  { interval: "1.5m", ms: 90_000, warned: [] },
  { interval: "59s", ms: 60_000, warned: ["IntervalRaised"] },
  { interval: "0s", ms: 60_000, warned: ["IntervalRaised"] },
];
for (const { interval, ms, warned } of intervals) {
  Deno.test(`planSource() interval ${interval}: ${ms} ms`, () => {
    const made = plan(specWith({ interval }));
    assert.equal(made.interval, ms);
    assert.deepEqual(made.warnings.map(({ reason }) => reason), warned);
  });
}

const refused: readonly { name: string; spec: unknown; reason: string; says: RegExp }[] = [
  ...["1..5m", "9e99h", "-1s", "", "5", "5 m", "1d", "٣m"].map((interval) => ({
    name: `interval "${interval}"`,
    spec: specWith({ interval }),
    reason: "InvalidInterval",
    says: /spec\.interval/,
  })),
  {
    name: "an interval beyond Go's range",
    spec: specWith({ interval: "9999999999h" }),
    reason: "InvalidInterval",
    says: /"9999999999h"/,
  },
  {
    name: "an interval that is a number",
    spec: specWith({ interval: 5 }),
    reason: "InvalidInterval",
    says: /spec\.interval/,
  },
  { name: "no spec", spec: undefined, reason: "InvalidSpec", says: /spec/ },
  { name: "a spec of null", spec: null, reason: "InvalidSpec", says: /spec/ },
  { name: "a spec that is a string", spec: "spec", reason: "InvalidSpec", says: /spec/ },
  { name: "a spec that is a list", spec: [], reason: "InvalidSpec", says: /spec/ },
  {
    name: "an empty spec",
    spec: {},
    reason: "InvalidSpec",
    says: /spec\.interval.*spec\.generator/,
  },
  {
    name: "type http without http",
    spec: specWith({ generator: { type: "http" } }),
    reason: "InvalidSpec",
    says: /spec\.generator\.http: is required when type is http/,
  },
  {
    name: "http of null",
    spec: specWith({ generator: { type: "http", http: null } }),
    reason: "InvalidSpec",
    says: /spec\.generator\.http/,
  },
  {
    name: "an unknown type",
    spec: specWith({ generator: { type: "s3", http } }),
    reason: "InvalidSpec",
    says: /spec\.generator\.type: must be "http", is "s3"/,
  },
  ...["constructor", "__proto__", "toString"].map((type) => ({
    name: `type ${type}`,
    spec: specWith({ generator: JSON.parse(`{"type":"${type}","${type}":{}}`) }),
    reason: "InvalidSpec",
    says: /spec\.generator\.type/,
  })),
  {
    name: "no type",
    spec: specWith({ generator: { http } }),
    reason: "InvalidSpec",
    says: /spec\.generator\.type/,
  },
  {
    name: "a bad URL",
    spec: specWith({ generator: { type: "http", http: { url: "nowhere" } } }),
    reason: "InvalidURL",
    says: /nowhere/,
  },
  {
    name: "a bad path",
    spec: specWith({ destinationPath: "a/../b" }),
    reason: "InvalidPath",
    says: /destinationPath/,
  },
  {
    name: "suspend as a word",
    spec: specWith({ suspend: "yes" }),
    reason: "InvalidSpec",
    says: /spec\.suspend/,
  },
  {
    name: "several mistakes",
    spec: specWith({ interval: "x", suspend: 1 }),
    reason: "InvalidSpec",
    says: /spec\.interval.*spec\.suspend/,
  },
];
for (const { name, spec, reason, says } of refused) {
  Deno.test(`planSource() refuses ${name}`, () => {
    assert.throws(() => plan(spec), (error) => {
      assert.ok(error instanceof StepError, String(error));
      assert.deepEqual([error.class, error.reason], ["configuration", reason]);
      assert.match(error.message, says);
      return true;
    });
  });
}

Deno.test("planSource() plans hooks, with the time-out of the operator where they name none", () => {
  const hook = { name: "to-yaml", command: "yq" };
  const { hooks } = plan(specWith({ hooks: { postRequest: [hook, { ...hook, timeout: "1s" }] } }));
  assert.deepEqual(hooks.postRequest.map(({ call }) => call.timeoutMs), [30_000, 1_000]);
  assert.throws(() => plan(specWith({ hooks: { preRequest: [{ ...hook, timeout: "soon" }] } })), {
    class: "configuration",
    reason: "InvalidHook",
  });
});

Deno.test("planSource() takes lists of hooks that are empty", () => {
  assert.equal(plan(specWith({ hooks: { preRequest: [], postRequest: [] } })).interval, 300_000);
});

Deno.test("planSource() ignores fields it does not know, and warns of spec.transform", () => {
  const transform = { type: "cel", expression: "data" };
  const { warnings } = plan(specWith({ transform, unknown: { a: 1 } }));
  assert.deepEqual(warnings.map(({ reason }) => reason), ["TransformIgnored"]);
});

Deno.test("planSource() quotes no credential that was put into the wrong field", () => {
  const interval = "http://user:canary@host/?token=canary";
  assert.throws(() => plan(specWith({ interval })), (error) => {
    assert.ok(error instanceof StepError && !error.message.includes("canary"));
    return true;
  });
});
