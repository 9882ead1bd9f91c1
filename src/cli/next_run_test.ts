import assert from "node:assert/strict";
import { conditionOf, sourceOf } from "../../tests/source_fixtures.ts";
import type { ExternalSource } from "../core/external_source.ts";
import { nextRun } from "./next_run.ts";

const now = Date.parse("2026-01-01T00:00:00Z");
const every = (interval: unknown) => ({ spec: { interval } });
const withStatus = (conditions: readonly string[], nextAttemptTime?: string) => ({
  status: {
    conditions: conditions.map((text) => conditionOf(text)),
    ...(nextAttemptTime === undefined ? {} : { nextAttemptTime }),
  },
});
const retrying = ["Ready=False/FetchFailed", "Reconciling=True/ProgressingWithRetry"];

const cases: readonly { what: string; parts: Partial<ExternalSource>; shown: string }[] = [
  { what: "an interval", parts: every("1h30m"), shown: "every 1h30m" },
  { what: "an interval of the usual minimum", parts: every("60s"), shown: "every 60s" },
  { what: "a shorter interval", parts: every("2s"), shown: "every 2s or longer" },
  { what: "an interval that no controller has", parts: every("0s"), shown: "every 1s or longer" },
  { what: "an interval that is none", parts: every("often"), shown: "" },
  { what: "an interval that is no text", parts: every(5), shown: "" },
  { what: "no spec", parts: { spec: undefined }, shown: "" },
  {
    what: "a suspended source",
    parts: { spec: { suspend: true }, ...withStatus(retrying) },
    shown: "suspended",
  },
  {
    what: "a wait in the status",
    parts: withStatus(retrying, "2026-01-01T00:01:30Z"),
    shown: "in 1m30s",
  },
  {
    what: "a wait that is over",
    parts: withStatus(["Ready=True/Succeeded"], "2025-12-31T23:59:59Z"),
    shown: "every 5m",
  },
  { what: "a source that is tried again", parts: withStatus(retrying), shown: "retrying" },
  {
    what: "a first run",
    parts: withStatus(["Reconciling=True/Progressing"]),
    shown: "every 5m",
  },
  {
    what: "a source that only a change helps",
    parts: withStatus(["Stalled=True/InvalidSpec"]),
    shown: "stalled",
  },
  {
    what: "a source that has failed too often",
    parts: withStatus(["Stalled=True/RetriesExhausted"]),
    shown: "every 5m",
  },
];
for (const { what, parts, shown } of cases) {
  Deno.test(`nextRun() of ${what} is "${shown}"`, () => {
    assert.equal(nextRun(sourceOf(parts), now), shown);
  });
}
