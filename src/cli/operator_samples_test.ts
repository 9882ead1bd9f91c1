import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { settle } from "../../tests/settle.ts";
import type { Objects } from "../objects/objects.ts";
import { storageError } from "../store/storage_error.ts";
import type { StoredInfo } from "../store/artifact_store.ts";
import type { Operator } from "./operator.ts";
import { OperatorSamples } from "./operator_samples.ts";

Deno.test("OperatorSamples walks a store again a minute after the last walk began, and never twice at once", async () => {
  const clock = new ManualClock();
  const samples = new OperatorSamples(clock);
  const walks: PromiseWithResolvers<readonly StoredInfo[]>[] = [];
  const store = {
    async *list() {
      walks.push(Promise.withResolvers());
      yield* await walks.at(-1)!.promise;
    },
  };
  const sources = new Map() as unknown as Parameters<typeof samples.use>[0]["objects"]["sources"];
  samples.use({
    ...{ operator: {} as Operator, objects: { sources }, store, isStoreShared: false },
    replica: { sample: () => assert.fail("nobody has asked") },
  });
  await clock.advance(600_000);
  assert.equal(walks.length, 1);
  walks[0]!.resolve([{ key: "a", size: 7, lastPut: 0 }, { key: "b", size: 5, lastPut: 0 }]);
  await settle();
  assert.deepEqual(samples.store(), { artifacts: 2, bytes: 12 });
  await clock.advance(0);
  assert.equal(walks.length, 2, "it is late");
  walks[1]!.reject(storageError("Cannot list: it is down"));
  await settle();
  assert.equal(samples.store(), undefined);
  await clock.advance(59_999);
  assert.equal(walks.length, 2);
  await clock.advance(1);
  assert.equal(walks.length, 3);
  samples.stop();
  walks[2]!.resolve([]);
  await settle();
  assert.equal(clock.pending, 0);
});

Deno.test("OperatorSamples knows what its operator knows, and nothing before and after", () => {
  const samples = new OperatorSamples(new ManualClock());
  const read = () => [
    ...[samples.queueDepth(), samples.runningMs(), samples.requestsInFlight()],
    ...[samples.hooksWaiting(), samples.hooksRunning(), samples.sources()],
    ...[samples.replica(), samples.hosts()],
  ];
  const unknown = [undefined, [], undefined, undefined, undefined, undefined, undefined, []];
  assert.deepEqual(read(), unknown);
  const host = { host: "h:443", waiting: 2, gapMs: 5, holdMs: 7 };
  const operator = {
    ...{ queueDepth: 3, runningMs: [9], requestsInFlight: 1, hostPaces: [host] },
    hooks: { waiting: 4, held: 2 },
  };
  const replica = { owned: 3, live: 1, state: "member", states: [], mayWrite: true };
  samples.use({
    operator: operator as unknown as Operator,
    objects: { sources: new Map() as unknown as Objects["sources"] },
    store: { list: async function* () {} },
    isStoreShared: false,
    replica: { sample: () => ({ ...replica, lease: undefined }) },
  });
  assert.deepEqual(read(), [3, [9], 1, 4, 2, 0, { ...replica, lease: undefined }, [host]]);
  samples.stop();
  assert.deepEqual(read(), unknown);
});
