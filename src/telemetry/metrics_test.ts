import assert from "node:assert/strict";
import type { SourceKey } from "../core/source_key.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { noSamples } from "./sampled_metrics.ts";

const create = () => createMetrics({ version: "1.2.3", startedAt: 5_000, samples: noSamples });

async function linesOf(metrics: Metrics): Promise<string[]> {
  return (await Array.fromAsync(metrics.render())).join("").split("\n");
}

function reconcile(metrics: Metrics, key: SourceKey, { success = true, seconds = .02 } = {}) {
  metrics.reconciling({ key, sourceType: "http" });
  metrics.reconciled({ key, success, seconds, result: success ? "requeue_after" : "error" });
}

function assertLines(lines: readonly string[], expected: readonly string[]) {
  for (const line of expected) assert(lines.includes(line), line);
}

Deno.test("createMetrics() has the families of COMPATIBILITY with their types, before anything happened", async () => {
  const lines = await linesOf(create());
  assertLines(lines, [
    "# TYPE externalsource_reconciliation_total counter",
    "# TYPE externalsource_reconciliation_duration_seconds histogram",
    "# TYPE externalsource_source_request_total counter",
    "# TYPE externalsource_source_request_duration_seconds histogram",
    "# TYPE externalsource_artifact_operation_total counter",
    "# TYPE externalsource_artifact_operation_duration_seconds histogram",
    "# TYPE externalsource_active_reconciliations gauge",
    "# TYPE externalsource_hook_execution_total counter",
    "# TYPE externalsource_hook_execution_duration_seconds histogram",
    'externalsource_hook_failures_total{reason="timeout"} 0',
    'externalsource_hook_failures_total{reason="invalid"} 0',
    'externalsource_hook_whitelist_loads_total{success="false"} 0',
    "# TYPE gotk_reconcile_duration_seconds histogram",
    'controller_runtime_reconcile_total{controller="externalsource",result="error"} 0',
    'workqueue_depth{name="externalsource",controller="externalsource"} 0',
    "# TYPE rest_client_requests_total counter",
    `externalsource_build_info{version="1.2.3",deno="${Deno.version.deno}"} 1`,
    "process_start_time_seconds 5",
  ]);
  const families = lines.filter((line) => line.startsWith("# TYPE"));
  assert.equal(new Set(families).size, families.length);
});

Deno.test("render() asks how many hooks wait and run", async () => {
  let waiting = 3;
  const samples = { ...noSamples, hooksWaiting: () => waiting, hooksRunning: () => 2 };
  const metrics = createMetrics({ version: "1.2.3", startedAt: 5_000, samples });
  assertLines(await linesOf(metrics), [
    "# TYPE externalsource_hooks_waiting gauge",
    "externalsource_hooks_waiting 3",
    "externalsource_hooks_running 2",
  ]);
  waiting = 0;
  assertLines(await linesOf(metrics), ["externalsource_hooks_waiting 0"]);
});

Deno.test("reconciled() counts a source under its outcome, in cumulative buckets", async () => {
  const metrics = create();
  reconcile(metrics, "ns/app");
  reconcile(metrics, "ns/app", { seconds: .25 });
  reconcile(metrics, "ns/app", { success: false, seconds: 99 });
  const lines = await linesOf(metrics);
  const ok = 'namespace="ns",name="app",source_type="http",success="true"';
  const bad = 'namespace="ns",name="app",source_type="http",success="false"';
  const duration = "externalsource_reconciliation_duration_seconds";
  const gotk =
    'gotk_reconcile_duration_seconds_bucket{kind="ExternalSource",name="app",namespace="ns"';
  assertLines(lines, [
    `externalsource_reconciliation_total{${ok}} 2`,
    `externalsource_reconciliation_total{${bad}} 1`,
    `${duration}_bucket{${ok},le="0.01"} 0`,
    `${duration}_bucket{${ok},le="0.025"} 1`,
    `${duration}_bucket{${ok},le="0.25"} 2`,
    `${duration}_bucket{${ok},le="+Inf"} 2`,
    `${duration}_sum{${ok}} 0.27`,
    `${duration}_count{${ok}} 2`,
    `${duration}_bucket{${bad},le="10"} 0`,
    `${duration}_bucket{${bad},le="+Inf"} 1`,
    `${gotk},le="0.01"} 0`,
    `${gotk},le="+Inf"} 3`,
    'externalsource_active_reconciliations{namespace="ns",name="app"} 0',
    'controller_runtime_reconcile_total{controller="externalsource",result="requeue_after"} 2',
    'controller_runtime_reconcile_total{controller="externalsource",result="error"} 1',
    'controller_runtime_reconcile_errors_total{controller="externalsource"} 1',
    'controller_runtime_reconcile_time_seconds_bucket{le="0.025",controller="externalsource"} 1',
    'controller_runtime_reconcile_time_seconds_bucket{le="60",controller="externalsource"} 2',
    'controller_runtime_reconcile_time_seconds_count{controller="externalsource"} 3',
  ]);
  const bounds = lines.filter((line) => line.startsWith(gotk)).map((line) =>
    /le="([^"]+)"/.exec(line)![1]
  );
  assert.equal(bounds.length, 11);
  assert.equal(Math.round(Number(bounds[9])), 1_800);
});

Deno.test("reconciling() shows a reconcile that goes on", async () => {
  const metrics = create();
  metrics.reconciling({ key: "ns/app", sourceType: "http" });
  assertLines(await linesOf(metrics), [
    'externalsource_active_reconciliations{namespace="ns",name="app"} 1',
  ]);
});

Deno.test("forgetSource() leaves no series of a source, nor does a reconcile that ends later", async () => {
  const metrics = create();
  reconcile(metrics, "ns/gone");
  reconcile(metrics, "ns/stays");
  metrics.reconciling({ key: "ns/gone", sourceType: "http" });
  metrics.forgetSource("ns/gone");
  metrics.reconciled({ key: "ns/gone", success: true, seconds: 1, result: "success" });
  const lines = await linesOf(metrics);
  assert.deepEqual(lines.filter((line) => line.includes("gone")), []);
  assert(lines.some((line) => line.includes("stays")));
});

Deno.test("requests, operations, queue, API and server are counted with their labels", async () => {
  const metrics = create();
  metrics.requested({ sourceType: "http", success: false, seconds: 45 });
  metrics.artifactOperation({ operation: "package", success: true, seconds: .2 });
  metrics.queued("new");
  metrics.queued("retry");
  metrics.dequeued(.5);
  metrics.worked(.5);
  metrics.apiRequested({ code: "200", method: "PATCH", host: "10.0.0.1:443" });
  metrics.serving();
  metrics.serving();
  metrics.served({ code: 206, bytes: 1_000, seconds: .002 });
  metrics.artifactMissing();
  metrics.artifactRepaired("corrupt");
  metrics.eventDropped("flux");
  metrics.bugSeen();
  assertLines(await linesOf(metrics), [
    'externalsource_source_request_total{source_type="http",success="false"} 1',
    'externalsource_source_request_duration_seconds_bucket{le="30",source_type="http",success="false"} 0',
    'externalsource_source_request_duration_seconds_bucket{le="60",source_type="http",success="false"} 1',
    'externalsource_artifact_operation_total{operation="package",success="true"} 1',
    'externalsource_artifact_operation_duration_seconds_bucket{le="0.1",operation="package",success="true"} 0',
    'workqueue_adds_total{name="externalsource",controller="externalsource"} 2',
    'workqueue_retries_total{name="externalsource",controller="externalsource"} 1',
    'workqueue_queue_duration_seconds_count{name="externalsource",controller="externalsource"} 1',
    'workqueue_work_duration_seconds_sum{name="externalsource",controller="externalsource"} 0.5',
    'rest_client_requests_total{code="200",method="PATCH",host="10.0.0.1:443"} 1',
    'externalsource_artifact_server_requests_total{code="206"} 1',
    "externalsource_artifact_server_sent_bytes_total 1000",
    "externalsource_artifact_server_requests_in_flight 1",
    "externalsource_artifact_server_request_duration_seconds_count 1",
    "externalsource_artifact_missing_total 1",
    'externalsource_store_repairs_total{reason="corrupt"} 1',
    'externalsource_store_repairs_total{reason="missing"} 0',
    'externalsource_events_dropped_total{sink="flux"} 1',
    "externalsource_internal_errors_total 1",
  ]);
});

Deno.test("samples are asked when metrics are read; what is unknown has no series", async () => {
  let store: { bytes: number; artifacts: number } | undefined = { bytes: 7, artifacts: 3 };
  const samples = { ...noSamples, store: () => store, queueDepth: () => 4, sources: () => 0 };
  const metrics = createMetrics({ version: "", startedAt: 0, samples });
  assertLines(await linesOf(metrics), [
    "externalsource_store_bytes 7",
    "externalsource_store_artifacts 3",
    'workqueue_depth{name="externalsource",controller="externalsource"} 4',
    "externalsource_sources 0",
  ]);
  store = undefined;
  const lines = await linesOf(metrics);
  assert(!lines.some((line) => line.startsWith("externalsource_store_bytes ")));
});

Deno.test("process figures are read without any permission", { permissions: "none" }, async () => {
  const lines = await linesOf(create());
  for (const name of ["process_resident_memory_bytes", "process_heap_bytes"]) {
    const line = lines.find((each) => each.startsWith(`${name} `));
    assert(Number(line?.split(" ")[1]) > 1e6, name);
  }
  assert(lines.some((each) => /^process_cpu_seconds_total [0-9.]+$/.test(each)));
});

Deno.test("render() gives the event loop a turn between pieces of bounded size", async () => {
  const metrics = create();
  for (let count = 0; count < 2_000; count++) reconcile(metrics, `ns/source-${count}`);
  let turns = 0;
  const turn = () => {
    turns++;
    immediate = setImmediate(turn);
  };
  let immediate = setImmediate(turn);
  const pieces = await Array.fromAsync(metrics.render());
  clearImmediate(immediate);
  assert(pieces.length > 20);
  assert(turns >= pieces.length - 10, `${turns} turns for ${pieces.length} pieces`);
  assert(pieces.every((piece) => piece.length < 80_000));
});

Deno.test("label values are escaped", async () => {
  const metrics = create();
  metrics.reconciling({ key: "ns/app", sourceType: 'a"b\\c\nd' });
  metrics.reconciled({ key: "ns/app", success: true, seconds: 1, result: "success" });
  const line = (await linesOf(metrics)).find((each) =>
    each.startsWith("externalsource_reconciliation_total")
  );
  assert(line?.includes(String.raw`source_type="a\"b\\c\nd"`));
});

Deno.test("hookRan() counts runs and failures, in the buckets of COMPATIBILITY", async () => {
  const metrics = create();
  const run = { key: "ns/app", name: 'to "yaml"', retryPolicy: "fail" } as const;
  metrics.hookRan({ ...run, seconds: .05, failure: undefined });
  metrics.hookRan({ ...run, seconds: 40, failure: "timeout" });
  const lines = await linesOf(metrics);
  const labels = String.raw`hook_name="to \"yaml\"",retry_policy="fail",success=`;
  assertLines(lines, [
    `externalsource_hook_execution_total{${labels}"true"} 1`,
    `externalsource_hook_execution_total{${labels}"false"} 1`,
    'externalsource_hook_failures_total{reason="timeout"} 1',
    'externalsource_hook_failures_total{reason="exit"} 0',
  ]);
  const buckets = lines.filter((line) => /hook_execution_duration.*le=.*"true"/.test(line));
  assert.deepEqual(
    buckets.map((line) => /le="([^"]+)".* (\d)$/.exec(line)?.slice(1).join(" ")),
    ["0.001 0", "0.01 0", "0.1 1", "0.5 1", "1 1", "2.5 1", "5 1", "10 1", "30 1", "+Inf 1"],
  );
});

Deno.test("forgetSource() removes the series of hooks with the last source that used them", async () => {
  const metrics = create();
  const run = { name: "h", retryPolicy: "fail", seconds: 1, failure: undefined } as const;
  for (const key of ["ns/a", "ns/b", "ns/a"] as const) metrics.hookRan({ ...run, key });
  const seriesOf = async () =>
    (await linesOf(metrics)).filter((line) => line.includes('hook_name="')).length;
  const all = await seriesOf();
  metrics.forgetSource("ns/a");
  assert.equal(await seriesOf(), all);
  metrics.forgetSource("ns/b");
  assert.equal(await seriesOf(), 0);
});

Deno.test("hookRan() forgets the names that a source used long ago", async () => {
  const metrics = create();
  for (let at = 0; at < 100; at++) {
    const run = { name: `h${at}`, retryPolicy: "fail", seconds: 1, failure: undefined };
    metrics.hookRan({ ...run, key: "ns/a" });
  }
  const lines = await linesOf(metrics);
  const counted = lines.filter((line) => line.startsWith("externalsource_hook_execution_total{"));
  assert.equal(counted.length, 16);
  assert.match(counted.at(-1)!, /h99/);
});

Deno.test("requestAllowed() and handedOver() count by class and kind; every kind is there from the beginning", async () => {
  const metrics = create();
  metrics.requestAllowed({ class: "due", paced: false, seconds: .3 });
  metrics.requestAllowed({ class: "retried", paced: true, seconds: 45 });
  metrics.handedOver("taken_over", 17);
  const bucket = "externalsource_lateness_seconds_bucket";
  assertLines(await linesOf(metrics), [
    `${bucket}{le="0.25",class="due",paced="false"} 0`,
    `${bucket}{le="0.5",class="due",paced="false"} 1`,
    `${bucket}{le="30",class="retried",paced="true"} 0`,
    `${bucket}{le="60",class="retried",paced="true"} 1`,
    'externalsource_handovers_total{kind="taken_over"} 17',
    'externalsource_handovers_total{kind="received"} 0',
    'externalsource_handovers_total{kind="given_away"} 0',
    'externalsource_handovers_total{kind="lost"} 0',
  ]);
});

Deno.test("reconciled() keeps when an upstream answered last; a source that none has answered has no such series", async () => {
  const metrics = create();
  reconcile(metrics, "ns/failing", { success: false });
  for (const answeredAt of [1_700_000_000_500, undefined]) {
    metrics.reconciling({ key: "ns/app", sourceType: "http" });
    metrics.reconciled({ key: "ns/app", success: true, seconds: 1, result: "success", answeredAt });
  }
  const name = "externalsource_last_success_timestamp_seconds";
  const lines = (await linesOf(metrics)).filter((line) => line.startsWith(`${name}{`));
  assert.deepEqual(lines, [`${name}{namespace="ns",name="app"} 1700000000.5`]);
});

Deno.test("the queue tells how long its runs have lasted", async () => {
  const samples = { ...noSamples, queueDepth: () => 4, runningMs: () => [250, 4_000] };
  const metrics = createMetrics({ version: "", startedAt: 0, samples });
  assertLines(await linesOf(metrics), [
    'workqueue_depth{name="externalsource",controller="externalsource"} 4',
    'workqueue_unfinished_work_seconds{name="externalsource",controller="externalsource"} 4.25',
    'workqueue_longest_running_processor_seconds{name="externalsource",controller="externalsource"} 4',
    'controller_runtime_active_workers{controller="externalsource"} 2',
  ]);
});
