import assert from "node:assert/strict";
import { describeSpec } from "../../src/core/external_source.ts";
import { findProblems } from "../../src/core/problems.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control_plane.ts";
import { generatorSchemas } from "../../src/cli/generator_schemas.ts";

const http = (settings: Readonly<Record<string, unknown>>) => ({ type: "http", http: settings });
const url = "https://api.example.com/data";
const generator = http({ url });

/** What one or both CRDs of the Go implementation accept (COMPATIBILITY §1). */
const accepted: Readonly<Record<string, unknown>> = {
  "the least": { interval: "1m", generator },
  "every field of the kustomize CRD": {
    interval: "1h30m",
    suspend: true,
    destinationPath: "conf/",
    maxRetries: -1,
    hooks: {
      preRequest: [{ name: "token", command: "/usr/bin/curl" }],
      postRequest: [{
        name: "filter",
        command: "jq",
        args: ["-r", "."],
        timeout: "whenever",
        retryPolicy: "retry",
        env: [{ name: "EMPTY", value: "" }],
      }],
    },
    generator: http({
      url,
      method: "post",
      headersSecretRef: { name: "headers" },
      caBundleSecretRef: { name: "ca", key: "" },
      insecureSkipVerify: true,
    }),
  },
  "the transform of the chart's CRD": {
    interval: "0.5s",
    transform: { type: "cel", expression: "data.items" },
    generator,
  },
  "an empty transform": { interval: "5m", transform: {}, generator },
  "references without names, as in the chart's CRD": {
    interval: "5m",
    generator: http({ url, headersSecretRef: {}, caBundleSecretRef: {} }),
  },
  "no hooks in the lists": {
    interval: "5m",
    hooks: { preRequest: [], postRequest: [] },
    generator,
  },
};

const refused: Readonly<Record<string, { spec: unknown; says: RegExp }>> = {
  "type http without http": {
    spec: { interval: "5m", generator: { type: "http" } },
    says: /http is required when type is http/,
  },
  "an unknown type": {
    spec: { interval: "5m", generator: { type: "ftp", http: { url } } },
    says: /Unsupported value: "ftp"/,
  },
  "no url": { spec: { interval: "5m", generator: http({}) }, says: /url: Required/ },
  "no interval": { spec: { generator }, says: /interval: Required/ },
  "no generator": { spec: { interval: "5m" }, says: /generator: Required/ },
  "a negative interval": { spec: { interval: "-1s", generator }, says: /should match/ },
  "an interval with two dots": { spec: { interval: "1..5m", generator }, says: /should match/ },
  "an unknown policy": {
    spec: {
      interval: "5m",
      hooks: { preRequest: [{ name: "a", command: "jq", retryPolicy: "never" }] },
      generator,
    },
    says: /Unsupported value: "never"/,
  },
};

/** The status that the Go implementation wrote. */
const oldStatus = {
  observedGeneration: 1,
  lastHandledETag: '"abc"',
  artifact: {
    url: "http://a/artifacts/default/a/00.tar.gz",
    revision: "0".repeat(64),
    lastUpdateTime: "2025-01-01T00:00:00Z",
    metadata: { created: "2025-01-01T00:00:00Z", size: "12", contentHash: "00" },
  },
  conditions: [
    {
      type: "Ready",
      status: "True",
      reason: "Succeeded",
      message: "ok",
      lastTransitionTime: "2025-01-01T00:00:00Z",
    },
    { type: "Stalled" },
  ],
};

const problemsOf = (spec: unknown) => findProblems(describeSpec(generatorSchemas), spec);

const manifestOf = (name: string, spec: unknown) =>
  JSON.stringify({
    apiVersion: "source.flux.oddkin.co/v1alpha1",
    kind: "ExternalSource",
    metadata: { name },
    ...(spec === undefined ? {} : { spec }),
  });

const create = (plane: ControlPlane, spec: unknown, name: string) =>
  plane.kubectl(["create", "--validate=strict", "-f", "-"], manifestOf(name, spec));

const isDescribed = async (plane: ControlPlane, field: string) => {
  const text = await plane.kubectl(["explain", field]);
  assert.match(text, /DESCRIPTION:\n\s+\S/, field);
  assert.doesNotMatch(text, /<no description>|<empty>/, field);
};

Deno.test("the CRD on a real API server", async (t) => {
  const plane = await startControlPlane();
  try {
    for (const [index, [name, spec]] of Object.entries(accepted).entries()) {
      await t.step(`accepts ${name}, and so does findProblems()`, async () => {
        await create(plane, spec, `accepted-${index}`);
        assert.deepEqual(problemsOf(spec), []);
      });
    }
    await t.step("accepts an object without a spec", async () => {
      await create(plane, undefined, "none");
    });
    for (const [name, { spec, says }] of Object.entries(refused)) {
      await t.step(`refuses ${name}, and so does findProblems()`, async () => {
        await assert.rejects(create(plane, spec, "refused"), says);
        assert.equal(problemsOf(spec).length, 1);
      });
    }
    await t.step("fills in the defaults", async () => {
      const path = "jsonpath={.spec.maxRetries} {.spec.generator.http.method} {.spec.hooks}";
      const spec = await plane.kubectl(["get", "es", "accepted-0", "-o", path]);
      assert.equal(spec.trim(), "3 GET");
    });
    await t.step("takes the status that the Go implementation wrote, as it is", async () => {
      const patch = JSON.stringify({ status: oldStatus });
      const target = ["extsrc", "accepted-0", "--subresource=status", "--type=merge"];
      await plane.kubectl(["patch", ...target, "--patch", patch]);
      const stored = await plane.kubectl(["get", "es", "accepted-0", "-o", "jsonpath={.status}"]);
      assert.deepEqual(JSON.parse(stored), oldStatus);
    });
    await t.step("shows Ready, Status, Revision and Age", async () => {
      const [header, row] = (await plane.kubectl(["get", "all", "-o", "wide"])).split("\n")
        .slice(-9).filter((line) => /NAME|accepted-0/.test(line));
      assert.match(header!, /NAME +READY +STATUS +REVISION +AGE/);
      assert.match(row!, /True +ok +0{64}/);
    });
    await t.step("explains its fields", async () => {
      const fields = [
        "",
        ".spec",
        ".spec.interval",
        ".spec.generator.http.url",
        ".status.artifact",
      ];
      for (const field of fields) await isDescribed(plane, `externalsource${field}`);
    });
  } finally {
    await plane.close();
  }
});
