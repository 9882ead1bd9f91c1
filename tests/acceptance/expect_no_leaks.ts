import assert from "node:assert/strict";
import type { ControlPlane } from "../cluster/control_plane.ts";
import { leaksIn } from "./canaries.ts";
import type { FluxWorld } from "./flux_world.ts";

/** Fails if a canary stands in a status, an ExternalArtifact, an event, a metric, a probe's answer or the log. */
export async function expectNoLeaks(world: FluxWorld, plane: ControlPlane): Promise<void> {
  const { metrics, probes, log } = world.controller;
  const text = async (url: string) => await (await fetch(url)).text();
  const get = (kind: string, output: string) =>
    plane.kubectl(["--namespace", world.namespace, "get", kind, `--output=${output}`]);
  const seen = {
    statuses: await get("externalsources", "jsonpath={.items[*].status}"),
    artifacts: await get("externalartifacts", "json"),
    events: await get("events", "json"),
    metrics: await text(metrics),
    readiness: await text(`${probes}/readyz`),
    log: log(),
  };
  for (const [where, shown] of Object.entries(seen)) {
    assert.ok(shown.length > 0, `nothing to look at in ${where}`);
    assert.deepEqual(leaksIn(shown), [], where);
  }
}
