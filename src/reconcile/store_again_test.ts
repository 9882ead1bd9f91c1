import assert from "node:assert/strict";
import { StepError } from "../core/step_error.ts";
import { FallbackStore } from "../store/fallback_store.ts";
import { MemoryStore } from "../store/memory_store.ts";
import { storageError } from "../store/storage_error.ts";
import { minute, ReconcileWorld, type Told } from "../../tests/reconcile_world.ts";

/** A store that refuses every put while it is full. */
class FullStore extends MemoryStore {
  isFull = false;

  override put(...args: Parameters<MemoryStore["put"]>): Promise<void> {
    return this.isFull
      ? Promise.reject(storageError("Cannot store: it is full"))
      : super.put(...args);
  }
}

/** What a test begins with: the first document is published, the store has refused the second. */
interface Refusal {
  readonly world: ReconcileWorld;
  readonly store: FullStore;
  readonly refused: Told;
}

async function withRefusal(body: (refusal: Refusal) => Promise<void>): Promise<void> {
  await using world = await ReconcileWorld.create();
  const store = new FullStore(2 ** 20, world.clock);
  const directory = await Deno.makeTempDir();
  const fallback = new FallbackStore(store, { directory, limitBytes: 2 ** 20 });
  world.store = fallback;
  world.held = (key) => fallback.held(key);
  const first = await world.run();
  store.isFull = true;
  [world.upstream.document, world.upstream.etag] = ["second", '"2"'];
  await body({ world, store, refused: await world.runAgain(first) });
  await fallback.close();
}

const test = (name: string, body: (refusal: Refusal) => Promise<void>) =>
  Deno.test(name, () => withRefusal(body));

const refusedConditions = [
  "Ready=False/StorageOperationFailed",
  "Reconciling=True/ProgressingWithRetry",
];

test("storeAgain() publishes what the store refused without asking the upstream", async ({ world, store, refused }) => {
  const fetchedAt = world.clock.now();
  const { revision } = world.source.status.artifact!;
  assert.deepEqual([refused.fetches, refused.puts], [1, 1]);

  const again = await world.runAgain(refused);
  assert.deepEqual([again.fetches, again.puts, again.writes], [0, 1, []]);
  assert.deepEqual(world.conditions, refusedConditions);
  assert.equal(world.source.status.artifact!.revision, revision);
  assert.equal(again.result.fetched, false);
  assert.equal(again.result.requeueAt, world.clock.now() + 2_000, "the backoff grows");

  store.isFull = false;
  const recovered = await world.runAgain(again);
  assert.deepEqual([recovered.fetches, recovered.puts], [0, 1]);
  assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
  assert.notEqual(world.source.status.artifact!.revision, revision);
  assert.ok(await store.stat(world.source.status.artifact!.path));
  assert.equal(recovered.result.requeueAt, fetchedAt + 5 * minute, "as after the fetch");

  const next = await world.runAgain(recovered);
  assert.equal(world.upstream.requests[0]?.validators?.etag, '"2"');
  assert.deepEqual(next.writes, []);
});

test("storeAgain() leaves what is overdue by then to be fetched at once", async ({ world, store, refused }) => {
  store.isFull = false;
  const stored = await world.runAgain({
    ...refused,
    result: { ...refused.result, requeueAt: world.clock.now() + 6 * minute },
  });
  assert.equal(stored.fetches, 0);
  assert.equal(stored.result.requeueAt, world.clock.now());
  assert.equal((await world.runAgain(stored)).fetches, 1);
});

const wants: Readonly<Record<string, (world: ReconcileWorld) => void>> = {
  "requestedAt of the source": (world) => world.requestSource("now"),
  "requestedAt of the ExternalArtifact": (world) => world.requestArtifact("now"),
  "another spec": (world) => world.changeSpec({ destinationPath: "other" }),
  "a file that had to give way": (world) => world.held = () => undefined,
};

for (const [want, act] of Object.entries(wants)) {
  test(`reconcileSource() fetches what it could store again: ${want}`, async ({ world, store, refused }) => {
    store.isFull = false;
    act(world);
    const told = await world.runAgain(refused);
    assert.deepEqual([told.fetches, told.puts], [1, 1]);
    assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
  });
}

test("reconcileSource() fetches what it could store again in a new process, after the same backoff", async ({ world, store, refused }) => {
  store.isFull = false;
  world.restart();
  const again = await world.run();
  assert.deepEqual([again.fetches, again.result.requeueAt], [0, refused.result.requeueAt]);
  const told = await world.runAgain(again);
  assert.deepEqual([told.fetches, told.puts], [1, 1]);
  assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
});

test("reconcileSource() forgets what the store refused once it asks again", async ({ world, store, refused }) => {
  world.requestSource("now");
  world.upstream.failure = new StepError("Cannot fetch: refused", {
    class: "transient",
    reason: "FetchFailed",
  });
  const failed = await world.runAgain(refused);
  store.isFull = false;
  world.upstream.failure = undefined;
  [world.upstream.document, world.upstream.etag] = ["third", '"3"'];
  const told = await world.runAgain(failed);
  assert.deepEqual([told.fetches, told.puts], [1, 1]);
  assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
});
