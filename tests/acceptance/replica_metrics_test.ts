import assert from "node:assert/strict";
import { handoverLog } from "../../src/cli/replica_watch.ts";
import { eventually } from "./eventually.ts";
import { ReplicasWorld } from "./replicas_world.ts";

const sources = Array.from({ length: 24 }, (_, index) => `app-${index}`);
const withinMs = 90_000;

/** Values of a series of each replica that is ready; 0 where it has none. */
async function valuesOf({ replicas }: ReplicasWorld, series: string): Promise<readonly number[]> {
  return await Promise.all([...replicas.values()].map(async ({ metrics }) => {
    const text = await (await fetch(metrics)).text();
    const line = text.split("\n").find((each) => each.startsWith(`${series} `));
    return Number(line?.split(" ")[1] ?? 0);
  }));
}

const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0);

const handovers = (world: ReplicasWorld, kind: string) =>
  valuesOf(world, `externalsource_handovers_total{kind="${kind}"}`);

/** Waits until the replicas that are ready see each other, and own all sources between them. */
async function untilShared(world: ReplicasWorld): Promise<readonly number[]> {
  const { size } = world.replicas;
  return await eventually(async () => {
    const owned = await valuesOf(world, "externalsource_owned_sources");
    const seen = await valuesOf(world, "externalsource_replicas");
    const isShared = sum(owned) === sources.length && seen.every((count) => count === size);
    return isShared ? owned : undefined;
  }, { withinMs, what: `${size} replicas own all`, lookEveryMs: 200 });
}

const options = {
  ...{ size: 1_000, ordinals: [0, 1, 2], args: () => ["--leader-elect", "--lease-duration=15s"] },
  environment: () => ({ STORAGE_BACKEND: "memory" }),
};

Deno.test("metrics and log of replicas say who owns what, and how sources change hands when one is killed and one ends", async () => {
  await ReplicasWorld.run(options, async (world) => {
    await world.createSources(sources);
    await world.untilAllPublished(sources);
    const [, , killed = 0] = await untilShared(world);
    assert.ok(killed > 0);
    const members = await valuesOf(world, 'externalsource_replica_state{state="member"}');
    assert.deepEqual(members, [1, 1, 1]);
    assert.equal(sum(await handovers(world, "taken_over")), 0);
    const late = await valuesOf(
      world,
      'externalsource_lateness_seconds_count{class="due",paced="false"}',
    );
    assert.ok(sum(late) >= sources.length, `${late}`);

    await world.end("manager-2", "SIGKILL");
    const [, ended = 0] = await untilShared(world);
    assert.equal(sum(await handovers(world, "taken_over")), killed);

    const receivedBefore = sum(await handovers(world, "received"));
    const leaving = world.replica("manager-1");
    await world.end("manager-1", "SIGTERM");
    await untilShared(world);
    const [received] = await handovers(world, "received");
    assert.ok(received! >= ended && received! <= receivedBefore + ended, `${received}`);
    assert.equal(sum(await handovers(world, "taken_over")) <= killed, true);
    assert.match(leaving.log(), new RegExp(`${handoverLog}.*"givenAway":${ended}\\b`));
    const lines = world.replica("manager-0").log().split("\n")
      .filter((line) => line.includes(handoverLog));
    assert.match(lines.at(-1)!, new RegExp(`"received":${ended}\\b.*"owned":${sources.length}`));
    assert.ok(lines.length <= 12, `a line for each change, not for each source: ${lines.length}`);
  });
});
