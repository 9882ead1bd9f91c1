import assert from "node:assert/strict";
import { highestOf } from "../../src/shard/rendezvous.ts";
import { download } from "../checked_download.ts";
import { ConstantDownloads } from "./constant_downloads.ts";
import { eventually } from "./eventually.ts";
import { overStore, type ReplicaStore, replicaStoreKinds } from "./replica_store.ts";
import type { ReplicasWorld } from "./replicas_world.ts";

const size = 10_000;
/** So many that each of three replicas owns some. */
const sources = Array.from({ length: 24 }, (_, index) => `app-${index}`);
const withinMs = 30_000;
/** A lease that is not lost to a busy machine: then somebody else would begin anew what is being fetched. */
const args = () => ["--leader-elect", "--lease-duration=6s"];

/** The replica leaves for good. */
async function remove(
  world: ReplicasWorld,
  store: ReplicaStore,
  { name, signal = "SIGTERM" }: { readonly name: string; readonly signal?: Deno.Signal },
): Promise<void> {
  await world.end(name, signal);
  await store.lose(name);
}

/** Nothing is published that a consumer cannot download. */
async function assertAllServed(world: ReplicasWorld): Promise<void> {
  const published = await world.published();
  assert.equal(published.length, sources.length);
  for (const { name, artifact } of published) {
    const got = await download(artifact!.url);
    assert.deepEqual(got, { kind: "whole", digest: artifact!.digest }, name);
  }
}

/** How often each document was asked for. */
const requestsOf = ({ documents }: ReplicasWorld) =>
  sources.map((name) => documents.requestsOf(name));

/** Sources that are all published, by replicas that have agreed on who owns what. */
async function publishAll(world: ReplicasWorld): Promise<void> {
  await world.untilAgreed();
  await world.createSources(sources);
  await world.untilAllPublished(sources);
}

/** Waits until each artifact is in the own store of whoever owns its source. */
async function untilHeldByOwners(world: ReplicasWorld): Promise<void> {
  await world.untilAgreed();
  const names = [...world.replicas.keys()].toSorted();
  const headers = { "X-Externalsource-Hop": "1" };
  await eventually(async () => {
    for (const { uid, artifact } of await world.published("ExternalSource")) {
      const { base } = world.replica(highestOf(names, uid)!);
      const response = await fetch(`${base}/${artifact!.path}`, { headers });
      await response.body?.cancel();
      if (response.status !== 200) return false;
    }
    return true;
  }, { withinMs, what: "every owner holds what it owns", lookEveryMs: 200 });
}

/** The replicas that what is published is to be had from, by the URLs. */
async function basesOf(world: ReplicasWorld): Promise<readonly string[]> {
  const urls = (await world.published()).map(({ artifact }) => artifact!.url);
  const names = ["manager-0", "manager-1", "manager-2"];
  return names.filter((name) => urls.some((url) => url.startsWith(world.ownBase(name))));
}

/** Waits until what is published is to be had from these replicas. */
async function untilMoved(world: ReplicasWorld, names: readonly string[]): Promise<void> {
  const isMoved = async () => `${await basesOf(world)}` === `${names}`;
  await eventually(isMoved, { withinMs, what: `URLs of ${names}`, lookEveryMs: 200 });
}

/** Waits until each replica has shown that it owns sources. */
async function untilAskedByAll(world: ReplicasWorld): Promise<void> {
  await world.request(sources);
  const askers = () =>
    new Set(sources.flatMap((name) => world.documents.askedFor(name).map(({ by }) => by)));
  await eventually(() => askers().size === world.replicas.size, {
    withinMs,
    what: "every replica fetches",
  });
}

for (const kind of replicaStoreKinds) {
  Deno.test(`from three replicas to one over ${kind}: nothing that is published is lost, or fetched again`, async () => {
    await overStore(kind, { size, ordinals: [0, 1, 2], args }, async (world, store) => {
      await publishAll(world);
      const before = requestsOf(world);
      const { problems } = await ConstantDownloads.during(world, async () => {
        await remove(world, store, { name: "manager-2" });
        await remove(world, store, { name: "manager-1" });
        await world.untilAgreed();
        await assertAllServed(world);
      });
      assert.deepEqual(problems, []);
      assert.deepEqual(requestsOf(world), before);
    });
  });
}

Deno.test("from three replicas to one over a volume each: what only those that leave hold, they leave with the one that stays", async () => {
  await overStore("a volume each", { size, ordinals: [1, 2], args }, async (world, store) => {
    await publishAll(world);
    const before = requestsOf(world);
    await world.start("manager-0");
    await world.untilAgreed();
    await Promise.all(["manager-1", "manager-2"].map((name) => remove(world, store, { name })));
    await assertAllServed(world);
    assert.deepEqual(requestsOf(world), before);
  });
});

Deno.test("one of three replicas over a volume each is killed, and its volume is lost: nothing is fetched again for that", async () => {
  await overStore("a volume each", { size, ordinals: [0, 1, 2], args }, async (world, store) => {
    await publishAll(world);
    const before = requestsOf(world);
    // No downloads until then: who is asked for an artifact gets a copy of it.
    await remove(world, store, { name: "manager-1", signal: "SIGKILL" });
    await untilHeldByOwners(world);
    assert.deepEqual(requestsOf(world), before);
    await world.request(sources);
    const isAsked = () => requestsOf(world).every((count, index) => count > before[index]!);
    await eventually(isAsked, { withinMs, what: "all are fetched" });
    // Only who holds the artifact asks for what has changed since.
    assert.ok(sources.every((name) => world.documents.askedFor(name).at(-1)!.isKnown));
    await assertAllServed(world);
  });
});

Deno.test("from one replica to three and back, with URLs of their own: a URL moves only to where the artifact is to be had", async () => {
  const options = { size, ordinals: [0], args, podUrls: true };
  await overStore("a volume each", options, async (world, store) => {
    world.open("manager-0");
    await publishAll(world);
    const { problems } = await ConstantDownloads.during(world, async () => {
      for (const name of ["manager-1", "manager-2"]) await world.start(name);
      world.open("manager-2");
      await world.untilAgreed();
      await untilMoved(world, ["manager-0", "manager-2"]);
      await untilAskedByAll(world);
      assert.deepEqual(await basesOf(world), ["manager-0", "manager-2"]);
      world.open("manager-1");
      await untilMoved(world, ["manager-0", "manager-1", "manager-2"]);
    });
    assert.deepEqual(problems, []);
    for (const name of ["manager-2", "manager-1"]) await remove(world, store, { name });
    await untilMoved(world, ["manager-0"]);
    await assertAllServed(world);
  });
});
