import assert from "node:assert/strict";
import { seededRandom } from "../seeded_random.ts";
import type { ControllerProcess } from "./controller_process.ts";
import { eventually } from "./eventually.ts";
import { FaultRecorder } from "./fault_recorder.ts";
import { faultyRedis } from "./fault_redis.ts";
import { faultyS3 } from "./fault_s3.ts";
import { below, type FaultyStore, type StoreFault } from "./fault_store.ts";
import { FaultWorld, readCounter } from "./fault_world.ts";

const seed = Number(Deno.env.get("STORE_FAULT_SEED") ?? Math.floor(Math.random() * 2 ** 31));
/** How often each fault comes. */
const rounds = Number(Deno.env.get("STORE_FAULT_ROUNDS") ?? 1);
/** Of each of four tests. */
const leastDownloads = 1_300;
/** How long the downloads may take that are left when all faults have been; milliseconds. */
const restMs = 120_000;

const refusals = 'externalsource_artifact_operation_total{operation="store",success="false"}';
const bugs = "externalsource_internal_errors_total";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function shuffled<Value>(values: readonly Value[], random: () => number): Value[] {
  return values.map((value) => ({ value, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ value }) => value);
}

/** A few documents, other ones each time. */
function some(names: readonly string[], random: () => number): string[] {
  return shuffled(names, random).slice(0, 2 + below(4, random));
}

/** What the store refuses is put again from what was packed: the upstream is not asked a second time (DESIGN §5). */
async function refuseWrites(world: FaultWorld, { metrics }: ControllerProcess): Promise<void> {
  const { documents, store: { readOnly } } = world;
  const changed = documents.names.filter((_, index) => index % 4 === 3);
  const before = await readCounter(metrics, refusals);
  await readOnly.begin();
  await world.change(changed);
  await world.untilRefused(changed);
  const refused = async () => await readCounter(metrics, refusals) - before;
  await eventually(async () => await refused() >= 3 * changed.length, {
    ...{ withinMs: 120_000, what: "all are tried again and again" },
  });
  const timesSent = () => changed.map((name) => documents.timesSent(name));
  assert.deepEqual(timesSent(), changed.map(() => 1));
  await readOnly.end();
  await world.untilNewest("what was refused is stored after all", changed);
  assert.deepEqual(timesSent(), changed.map(() => 1));
}

async function suffer(
  world: FaultWorld,
  fault: StoreFault,
  random: () => number,
): Promise<void> {
  await fault.begin();
  for (let left = 1 + below(3, random); left > 0; left--) {
    await world.change(some(world.documents.names, random));
    await pause(200 + below(800, random));
  }
  await fault.end();
  await pause(below(1_000, random));
}

interface Variant {
  readonly store: string;
  readonly open: (random: () => number) => Promise<FaultyStore>;
  readonly cache: string;
  readonly cacheSize: string;
}

const stores = [{ store: "S3", open: faultyS3 }, { store: "Redis", open: faultyRedis }];
const caches = [{ cache: "a small cache", cacheSize: "500k" }, {
  cache: "no cache",
  cacheSize: "0",
}];
const variants: readonly Variant[] = stores.flatMap((store) =>
  caches.map((cache) => ({ ...store, ...cache }))
);

for (const { store, open, cache, cacheSize } of variants) {
  Deno.test(`controller with ${store} and ${cache} loses nothing and serves nothing wrong whatever befalls the way to it, and recovers by itself`, async () => {
    console.log(`STORE_FAULT_SEED=${seed}`);
    // Three, so that the course of the story does not depend on how fast the machine is.
    const [random, places, choices] = [seededRandom(seed), seededRandom(seed), seededRandom(seed)];
    await FaultWorld.run(() => open(places), async (world) => {
      const { api, documents } = world;
      await world.whileRunning([`--artifact-cache-size=${cacheSize}`], async (controller) => {
        await world.untilNewest("everything is published at first");
        const recorder = new FaultRecorder({ api, documents, random: choices });
        try {
          await refuseWrites(world, controller);
          const faults = Array.from({ length: rounds }, () => world.store.faults).flat();
          for (const fault of shuffled(faults, random)) await suffer(world, fault, random);
          await world.untilNewest("everything is well after the faults");
          await eventually(() => recorder.whole >= leastDownloads, {
            withinMs: restMs,
            what: `${leastDownloads} downloads`,
          });
          console.log(Object.fromEntries(recorder.counts));
        } finally {
          await recorder.stop();
        }
        assert.deepEqual(recorder.problems, []);
        for (const kind of ["503", "broken"]) {
          assert.ok(recorder.counts.has(kind), `no download was ${kind}: this proved nothing`);
        }
        await world.checkAll();
        assert.equal(await readCounter(controller.metrics, bugs), 0);
      });
    });
  });
}

Deno.test("controller that starts while S3 or Redis is dead is ready within a minute, and works once it is back", async () => {
  await Promise.all(stores.map(async ({ open }) => {
    await FaultWorld.run(() => open(seededRandom(seed)), async (world) => {
      const { store: { dead }, documents } = world;
      await dead.begin();
      await world.whileRunning([], async () => {
        await world.untilRefused(documents.names);
        const sent = documents.names.map((name) => documents.timesSent(name));
        assert.deepEqual(sent, sent.map(() => 1));
        await dead.end();
        await world.untilNewest("everything is published once the store is back");
        await world.checkAll();
      });
    });
  }));
});
