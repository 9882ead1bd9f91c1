import assert from "node:assert/strict";
import { leaseName } from "../../src/shard/lease_name.ts";
import { ConstantDownloads } from "./constant_downloads.ts";
import { eventually } from "./eventually.ts";
import { overStore, replicaStoreKinds } from "./replica_store.ts";
import type { ReplicasWorld } from "./replicas_world.ts";

/** More than what fits between a server and a client that reads nothing. */
const size = 6 * 2 ** 20;
const sources = Array.from({ length: 8 }, (_, index) => `app-${index}`);
const ordinals = [0, 1, 2];
/** Of the sources, plus what it takes to hand one over; a machine may be busy. */
const onTimeMs = 30_000;

const leases = "/apis/coordination.k8s.io/v1/namespaces/flux-system/leases";

/** Waits until somebody has fetched every source after a moment. */
async function untilFetched({ documents }: ReplicasWorld, after: number): Promise<void> {
  const isFetched = (name: string) => (documents.askedFor(name).at(-1)?.at ?? 0) > after;
  await eventually(() => sources.every(isFetched), {
    withinMs: onTimeMs,
    what: "every source is fetched",
  });
}

/** The longest time between two fetches of one source, in milliseconds. */
function longestGap({ documents }: ReplicasWorld): number {
  const gaps = sources.flatMap((name) => {
    const times = documents.askedFor(name).map(({ at }) => at);
    return times.slice(1).map((at, index) => at - times[index]!);
  });
  return Math.max(...gaps);
}

/** Ends a replica and starts it again; what it owned is others' as soon as it has ended. */
async function restart(world: ReplicasWorld, name: string): Promise<void> {
  await world.end(name, "SIGTERM");
  assert.equal(await world.api.get(`${leases}/${leaseName(name)}`), undefined, "it has a Lease");
  world.documents.change(sources.slice(0, 2));
  await untilFetched(world, Date.now());
  await world.start(name);
}

for (const store of replicaStoreKinds) {
  Deno.test(`rolling restart of three replicas over ${store}: every download succeeds that retries once, and sources are fetched on time`, async () => {
    const args = () => ["--leader-elect", "--lease-duration=6s"];
    await overStore(store, { size, ordinals, args }, async (world) => {
      await world.untilAgreed();
      await world.createSources(sources, { interval: "1s" });
      await world.untilAllPublished(sources);
      const downloads = await ConstantDownloads.during(world, async () => {
        for (const ordinal of ordinals.toReversed()) await restart(world, `manager-${ordinal}`);
        await untilFetched(world, Date.now());
      });
      assert.deepEqual(downloads.problems, []);
      assert.ok(downloads.counts.whole! > 50, JSON.stringify(downloads.counts));
      assert.ok(longestGap(world) < onTimeMs, `${longestGap(world)} ms without a fetch`);
    });
  });
}
