import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { MemoryMembers } from "../../tests/memory_members.ts";
import { sourceOf } from "../../tests/source_fixtures.ts";
import type { ExternalSource } from "../core/external_source.ts";
import type { SourceKey } from "../core/source_key.ts";
import type { Objects } from "../objects/objects.ts";
import { type Members, soleMember } from "../shard/members.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { noSamples } from "../telemetry/sampled_metrics.ts";
import { ReplicaWatch } from "./replica_watch.ts";

const sources = new Map<SourceKey, ExternalSource>(
  Array.from({ length: 100 }, (_, index) => {
    const metadata = { namespace: "n", name: `s${index}`, uid: `uid-${index}` };
    return [`n/s${index}`, sourceOf({ metadata })];
  }),
);

/** A watch of a member, what it logs, and the metrics of it. */
function watch(members: Members) {
  const lines: unknown[] = [];
  const samples = { ...noSamples, replica: () => replica.sample() };
  const metrics = createMetrics({ version: "", startedAt: 0, samples });
  const replica = new ReplicaWatch({
    ...{ members, metrics, sources: sources as unknown as Objects["sources"] },
    log: { info: (message, fields) => void lines.push([message, fields]) },
  });
  const valuesOf = async (...names: readonly string[]) => {
    const rendered = (await Array.fromAsync(metrics.render())).join("").split("\n");
    return names.map((name) => rendered.find((line) => line.startsWith(`${name} `))?.split(" ")[1]);
  };
  return { replica, lines, valuesOf };
}

const handovers = (kind: string) => `externalsource_handovers_total{kind="${kind}"}`;
const state = (name: string) => `externalsource_replica_state{state="${name}"}`;
const master = 'leader_election_master_status{name="externalsource-controller-m-0"}';

Deno.test("ReplicaWatch tells what a replica owns, how many live and what it is, and logs a move once", async () => {
  const clock = new ManualClock();
  const members = new MemoryMembers(clock);
  const { membership, leases } = members.start("m-0");
  const { replica, lines, valuesOf } = watch(membership);
  replica.start();
  const figures = ["externalsource_owned_sources", "externalsource_replicas", master];
  assert.deepEqual(await valuesOf(...figures, state("starting")), ["0", "0", "0", "1"]);
  await clock.advance(15_000);
  assert.deepEqual(await valuesOf(...figures, state("starting")), ["100", "1", "1", "0"]);
  members.start("m-1");
  await clock.advance(15_000);
  const [owned, live] = await valuesOf(...figures);
  assert.equal(live, "2");
  assert.ok(Number(owned) > 20 && Number(owned) < 80, `${owned}`);
  assert.deepEqual(await valuesOf(handovers("given_away"), handovers("lost")), [
    ...[`${100 - Number(owned)}`, "0"],
  ]);
  leases.onCall = () => {
    throw new Error("cut off");
  };
  await clock.advance(60_000);
  assert.deepEqual(await valuesOf(...figures, state("lapsed")), ["0", "1", "0", "1"]);
  assert.deepEqual(await valuesOf(handovers("lost")), [owned]);
  await members.close();
  const nothing = { begun: undefined, takenOver: undefined, received: undefined };
  const given = { ...nothing, givenAway: 100 - Number(owned), lost: undefined };
  const both = { sharedBy: "m-0, m-1" };
  assert.deepEqual(lines, [
    ["sources changed hands", {
      ...{ ...nothing, begun: 100, givenAway: undefined, lost: undefined },
      ...{ owned: 100, sharedBy: "m-0" },
    }],
    ["sources changed hands", { ...given, owned: Number(owned), ...both }],
    ["sources changed hands", {
      ...{ ...nothing, givenAway: undefined, lost: Number(owned), owned: 0 },
      ...both,
    }],
  ]);
});

Deno.test("ReplicaWatch of a process without others owns all, and has no Lease", async () => {
  const { replica, valuesOf } = watch(soleMember);
  replica.start();
  const figures = ["externalsource_owned_sources", "externalsource_replicas", state("member")];
  assert.deepEqual(await valuesOf(...figures, "leader_election_master_status"), [
    ...["100", "1", "1", undefined],
  ]);
});
