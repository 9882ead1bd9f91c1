import { Gauge, type Registry } from "prom-client";
import type { HostSample } from "../core/host_sample.ts";

/** An upstream that is `held` gets no request for now, one that is `slowed` gets them with pauses. */
type PaceState = "held" | "slowed";

/** So many upstreams have series of their own, those with most waiting first: whoever names hosts must not fill a Prometheus. */
const maxHosts = 50;
/** A DNS name is no longer (RFC 1035 §2.3.4); what is longer was not looked up. */
const maxHostName = 253 + ":65535".length;

/**
 * Registers the figures of upstreams that limit us. The returned function is to be called before each reading, because
 * prom-client would ask once for each family.
 */
export function addPaceMetrics(
  registry: Registry,
  sample: () => readonly HostSample[],
): () => void {
  const gauges = paceGauges(registry);
  return () => {
    const hosts = sample();
    const limited = hosts.filter((host) => stateOf(host) !== undefined);
    for (const state of ["held", "slowed"] as const) {
      gauges.hosts.set({ state }, limited.filter((host) => stateOf(host) === state).length);
    }
    const waiting = { held: 0, slowed: 0, turn: 0 };
    for (const host of hosts) waiting[stateOf(host) ?? "turn"] += host.waiting;
    for (const [reason, count] of Object.entries(waiting)) gauges.waiting.set({ reason }, count);
    const shown = limited
      .toSorted((left, right) => right.waiting - left.waiting || right.holdMs - left.holdMs)
      .slice(0, maxHosts);
    const perHost = [gauges.hostWaiting, gauges.hostGap, gauges.hostHold];
    for (const gauge of perHost) gauge.reset();
    for (const { host: name, waiting, gapMs, holdMs } of shown) {
      const host = name.slice(0, maxHostName);
      gauges.hostWaiting.set({ host }, waiting);
      gauges.hostGap.set({ host }, gapMs / 1_000);
      gauges.hostHold.set({ host }, holdMs / 1_000);
    }
  };
}

function stateOf({ holdMs, gapMs }: HostSample): PaceState | undefined {
  return holdMs > 0 ? "held" : gapMs > 0 ? "slowed" : undefined;
}

function paceGauges(registry: Registry) {
  const registers = [registry];
  const ofHost = (name: string, help: string) =>
    new Gauge({
      name,
      help: `${help} Only of upstreams that hold or slow us down now, at most ${maxHosts}.`,
      labelNames: ["host"],
      registers,
    });
  return {
    hosts: new Gauge({
      name: "externalsource_upstream_hosts_limited",
      help: "Upstreams that get no request for now (held) or get them with pauses (slowed).",
      labelNames: ["state"],
      registers,
    }),
    waiting: new Gauge({
      name: "externalsource_upstream_requests_waiting",
      help:
        "Requests that wait to be sent: for an upstream that is held, for one that is slowed, or for their turn.",
      labelNames: ["reason"],
      registers,
    }),
    hostWaiting: ofHost(
      "externalsource_upstream_host_requests_waiting",
      "Requests that wait for an upstream.",
    ),
    hostGap: ofHost(
      "externalsource_upstream_host_gap_seconds",
      "Time between two requests to an upstream.",
    ),
    hostHold: ofHost(
      "externalsource_upstream_host_hold_seconds",
      "Time until an upstream may be asked again.",
    ),
  };
}
