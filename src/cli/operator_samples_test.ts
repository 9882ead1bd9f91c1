import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { settle } from "../../tests/settle.ts";
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
