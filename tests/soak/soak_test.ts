import assert from "node:assert/strict";
import { soak } from "./soak_run.ts";

Deno.test("three replicas lose, mix up and forget nothing while one is killed, one sleeps past its lease, one is cut off and the API server ends", async () => {
  const lines: string[] = [];
  const figures = await soak({
    sources: 300,
    store: "s3",
    // The default: where others use the machine too, shorter ones are lost without any chaos.
    leaseMs: 15_000,
    intervalMs: 10_000,
    stepsClocks: false,
    // Laws are judged here, not speed: other tests' processes may still end beside it.
    marginMs: 300_000,
    pollsPerSecond: 30,
    isLong: false,
    say: (line) => void lines.push(line),
  }, {
    seed: 1,
    quietMs: 5_000,
    actions: [
      { kind: "kill", target: 0, lastsMs: 4_000 },
      { kind: "pause", target: 1, lastsMs: 5_000 },
      { kind: "partition", target: 2, lastsMs: 5_000 },
      { kind: "outage", target: 0, lastsMs: 5_000 },
    ],
  });
  assert.deepEqual(figures.violations.slice(0, 20), [], lines.join("\n"));
  const { polls, documents } = figures;
  assert.ok(polls >= documents && documents > 300, JSON.stringify(figures));
  assert.ok(figures.spread.every((count) => count > 0), `${figures.spread}`);
});
