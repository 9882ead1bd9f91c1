import assert from "node:assert/strict";
import type { LogFields } from "../telemetry/log_fields.ts";
import { observeRepairs } from "./repair_observer.ts";

const artifact = {
  ...{ url: "http://here/a.tar.gz", path: "a.tar.gz", revision: "latest@sha256:1" },
  ...{ digest: "sha256:2", size: 1, lastUpdateTime: "2026-01-01T00:00:00Z" },
};

Deno.test("observeRepairs() calls the store mended only if the artifact is back", () => {
  const lines: (readonly [string, LogFields | undefined])[] = [];
  const counted: string[] = [];
  const observe = observeRepairs({
    log: { warn: (message, fields) => void lines.push([message, fields]) },
    metrics: { artifactRepaired: (state) => void counted.push(state) },
  });
  observe({ key: "default/a", artifact, state: "corrupt", recovered: true });
  observe({ key: "default/a", artifact, state: "missing", recovered: false });
  const same = { source: "default/a", artifact: "a.tar.gz" };
  assert.deepEqual(lines, [
    ["mended the store", { ...same, state: "corrupt", recovered: true }],
    ["the store lacks a published artifact", { ...same, state: "missing", recovered: false }],
  ]);
  assert.deepEqual(counted, ["corrupt", "missing"]);
});
