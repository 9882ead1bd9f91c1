import assert from "node:assert/strict";
import { createMetrics } from "./metrics.ts";
import type { HostSample } from "../core/host_sample.ts";
import { noSamples } from "./sampled_metrics.ts";

const free = { waiting: 0, gapMs: 0, holdMs: 0 };

function paced(initial: readonly HostSample[]) {
  let [hosts, reads] = [initial, 0];
  const samples = {
    ...noSamples,
    hosts: () => {
      reads++;
      return hosts;
    },
  };
  const metrics = createMetrics({ version: "", startedAt: 0, samples });
  const read = async () =>
    (await Array.fromAsync(metrics.render())).join("").split("\n")
      .filter((line) => line.startsWith("externalsource_upstream_"))
      .map((line) => line.replace("externalsource_upstream_", ""));
  return { read, become: (now: readonly HostSample[]) => void (hosts = now), reads: () => reads };
}

Deno.test("addPaceMetrics() counts upstreams and requests, and names only those that limit us", async () => {
  const { read, become, reads } = paced([
    { ...free, host: "free.example:443", waiting: 2 },
    { ...free, host: "held.example:443", waiting: 500, gapMs: 200, holdMs: 30_000 },
    { ...free, host: "slow.example:443", waiting: 7, gapMs: 1_500 },
  ]);
  assert.deepEqual(await read(), [
    'hosts_limited{state="held"} 1',
    'hosts_limited{state="slowed"} 1',
    'requests_waiting{reason="held"} 500',
    'requests_waiting{reason="slowed"} 7',
    'requests_waiting{reason="turn"} 2',
    'host_requests_waiting{host="held.example:443"} 500',
    'host_requests_waiting{host="slow.example:443"} 7',
    'host_gap_seconds{host="held.example:443"} 0.2',
    'host_gap_seconds{host="slow.example:443"} 1.5',
    'host_hold_seconds{host="held.example:443"} 30',
    'host_hold_seconds{host="slow.example:443"} 0',
  ]);
  assert.equal(reads(), 1, "upstreams may be many");
  become([{ ...free, host: "held.example:443" }]);
  assert.deepEqual(await read(), [
    'hosts_limited{state="held"} 0',
    'hosts_limited{state="slowed"} 0',
    'requests_waiting{reason="held"} 0',
    'requests_waiting{reason="slowed"} 0',
    'requests_waiting{reason="turn"} 0',
  ]);
});

Deno.test("addPaceMetrics() names the 50 upstreams that most wait for, however many limit us and however long their names", async () => {
  const { read } = paced(Array.from({ length: 2_000 }, (_, index) => ({
    ...{ ...free, waiting: index, holdMs: 1_000 },
    host: `${"h".repeat(1_000)}-${index}`,
  })));
  const lines = (await read()).filter((line) => line.startsWith("host_"));
  assert.ok(lines.every((line) => line.length < 400));
  const { read: readShort } = paced(Array.from({ length: 2_000 }, (_, index) => ({
    ...{ ...free, host: `h${index}`, waiting: index, holdMs: 1_000 },
  })));
  const short = await readShort();
  assert.equal(short.filter((line) => line.startsWith("host_")).length, 150);
  assert.ok(short.includes('host_requests_waiting{host="h1999"} 1999'));
  assert.ok(short.includes('host_requests_waiting{host="h1950"} 1950'));
  assert.ok(short.includes('hosts_limited{state="held"} 2000'));
});
