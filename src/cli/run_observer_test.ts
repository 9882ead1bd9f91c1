import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { sourceOf } from "../../tests/source_fixtures.ts";
import { StepError } from "../core/step_error.ts";
import { failureOf } from "../reconcile/error_policy.ts";
import type { ReconcileResult } from "../reconcile/reconcile_source.ts";
import { observeLimits, observeRuns } from "./run_observer.ts";
import { OperatorSamples } from "./operator_samples.ts";
import { createTelemetry } from "./telemetry.ts";

const artifact = {
  ...{ url: "http://here/a.tar.gz", path: "a.tar.gz", revision: "latest@sha256:1" },
  ...{ digest: "sha256:2", size: 1, lastUpdateTime: "2026-01-01T00:00:00Z" },
};
const published = { kind: "published", artifact, fingerprint: undefined, etag: undefined } as const;

function failed(error: unknown) {
  return { kind: "failed", failure: failureOf(error), artifact: undefined } as const;
}

const noFlux = new StepError("Cannot publish", {
  class: "no-flux",
  reason: "ExternalArtifactUnavailable",
});

interface Case {
  readonly name: string;
  readonly result: Pick<ReconcileResult, "outcome" | "fetched" | "tried" | "changed">;
  /** Level and message of the line. */
  readonly line: readonly [string, string];
  readonly isReadOnly?: boolean;
  /** Default: the source is ours. */
  readonly isOurs?: boolean;
}

const cases: readonly Case[] = [
  {
    name: "a publication",
    result: { outcome: published, fetched: true, tried: true, changed: true },
    line: ["info", "published"],
  },
  {
    name: "a publication that is only announced",
    result: { outcome: published, fetched: true, tried: true, changed: true },
    line: ["debug", "read-only: not published"],
    isReadOnly: true,
  },
  {
    name: "an unchanged document",
    result: { outcome: published, fetched: true, tried: true, changed: false },
    line: ["debug", "unchanged"],
  },
  {
    name: "a failure",
    result: { outcome: failed(noFlux), fetched: true, tried: true, changed: false },
    line: ["error", "reconcile failed"],
  },
  {
    name: "a failure before the upstream was asked, each time",
    result: { outcome: failed(noFlux), fetched: false, tried: true, changed: false },
    line: ["error", "reconcile failed"],
  },
  {
    name: "a failure that is told in the status only now",
    result: { outcome: failed(noFlux), fetched: false, tried: false, changed: true },
    line: ["error", "reconcile failed"],
  },
  {
    name: "another look at a failure that is known",
    result: { outcome: failed(noFlux), fetched: false, tried: false, changed: false },
    line: ["debug", "still failing"],
  },
  {
    name: "a bug",
    result: { outcome: failed(new TypeError("oops")), fetched: true, tried: true, changed: true },
    line: ["error", "reconcile failed"],
  },
  {
    name: "a write that is lost",
    result: {
      outcome: { kind: "unwritten", error: new Error("down") },
      fetched: true,
      tried: true,
      changed: false,
    },
    line: ["error", "the API server did not take the outcome"],
  },
  {
    name: "a write that came too late, because another replica has the source now",
    result: {
      outcome: { kind: "unwritten", error: new Error("not ours") },
      fetched: true,
      tried: true,
      changed: false,
    },
    line: ["debug", "given up: another replica works on it"],
    isOurs: false,
  },
  {
    name: "a lost race",
    result: { outcome: { kind: "conflict" }, fetched: true, tried: false, changed: false },
    line: ["debug", "conflict"],
  },
  {
    name: "a source that is gone",
    result: { outcome: { kind: "gone" }, fetched: false, tried: false, changed: false },
    line: ["debug", "gone"],
  },
];

for (const { name, result, line, isReadOnly = false, isOurs = true } of cases) {
  Deno.test(`observeRuns() logs ${name} in one line: ${line.join(" ")}`, async () => {
    const clock = new ManualClock(1_000);
    const lines: string[] = [];
    const { log, metrics } = createTelemetry({ logLevel: "debug", logEncoding: "json" }, {
      clock,
      samples: new OperatorSamples(clock),
      write: (text) => void lines.push(text),
    });
    const observe = observeRuns({
      ...{ clock, log, metrics, hooksOf: () => ({}), wallNow: () => 7_000 },
      sourceOf: () => sourceOf(),
      onOutcome: () => {},
      isOurs: () => isOurs,
      isReadOnly,
    });
    const given = { ...result, requeueAt: undefined };
    assert.equal(await observe("default/a", () => Promise.resolve(given)), given);
    const told = lines.map((text) => JSON.parse(text));
    assert.deepEqual(told.map(({ level, msg }) => [level, msg]), [line]);
    assert.deepEqual([told[0].source, told[0].fetched], ["default/a", result.fetched]);
    const rendered = (await Array.fromAsync(metrics.render())).join("");
    const isError = result.outcome.kind === "failed" ||
      (result.outcome.kind === "unwritten" && isOurs);
    const errors = 'controller_runtime_reconcile_total{controller="externalsource",result="error"}';
    assert.ok(rendered.includes(`${errors} ${isError ? 1 : 0}\n`));
    const hasAnswered = result.fetched && result.outcome.kind === "published";
    assert.equal(/last_success_timestamp_seconds\{.*\} 7\n/.test(rendered), hasAnswered);
  });
}

Deno.test("observeLimits() tells how late each request is sent, and whether its upstream wanted that", async () => {
  const samples = new OperatorSamples(new ManualClock());
  const { metrics } = createTelemetry({ logLevel: "info", logEncoding: "json" }, {
    ...{ clock: new ManualClock(), samples },
  });
  const observer = observeLimits(metrics);
  const target = { namespace: "n", host: "secret.example:443", priority: "due" } as const;
  observer.granted?.(target, { lateMs: 700, isPaced: false });
  observer.granted?.({ ...target, priority: "retried" }, { lateMs: 40_000, isPaced: true });
  const rendered = (await Array.fromAsync(metrics.render())).join("");
  const sum = "externalsource_lateness_seconds_sum";
  assert.match(rendered, new RegExp(`^${sum}\\{class="due",paced="false"\\} 0.7$`, "m"));
  assert.match(rendered, new RegExp(`^${sum}\\{class="retried",paced="true"\\} 40$`, "m"));
  assert.ok(!rendered.includes("secret.example"), "a host is no label of what is always there");
});
