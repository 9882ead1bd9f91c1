import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { MemoryStore } from "../store/memory_store.ts";
import { ownerMark, ownerMarkName, sharedMarkName } from "../store/owner_mark.ts";
import { StoreOwner, type StoreOwnerOptions } from "./store_owner.ts";

const selector = { namespace: "", labels: "" };
const name = ownerMarkName(selector);

/** One store that clusters share. */
class World {
  readonly store = new MemoryStore(1, new ManualClock());
  readonly told: string[] = [];

  owner(uid: string, more: Partial<StoreOwnerOptions> = {}): StoreOwner {
    return new StoreOwner({
      store: this.store,
      selector,
      readClusterUid: () => Promise.resolve(uid),
      adopt: false,
      onRefused: (message) => this.told.push(message),
      ...more,
    });
  }

  plant(text: string): Promise<void> {
    return this.store.writeMark(name, text, { replace: true });
  }
}

Deno.test("StoreOwner marks a store that nobody has, and knows it again", async () => {
  const world = new World();
  assert.equal(await world.owner("one").mayDelete(), true);
  assert.equal(await world.store.readMark(name), ownerMark("one"));
  assert.equal(await world.owner("one").mayDelete(), true);
  assert.deepEqual(world.told, []);
});

Deno.test("StoreOwner refuses another cluster's store, once and with what to do", async () => {
  const world = new World();
  await world.owner("one").mayDelete();
  const two = world.owner("two");
  assert.deepEqual([await two.mayDelete(), await two.mayDelete()], [false, false]);
  assert.equal(world.told.length, 1);
  assert.match(
    world.told[0]!,
    /mark of another cluster \(\.owner-.*--store-adopt.*; so no artifact/,
  );
  assert.equal(await world.store.readMark(name), ownerMark("one"));
});

Deno.test("StoreOwner leaves a mark alone that it does not understand", async () => {
  for (const mark of ["", "{", ownerMark("one").slice(0, -4)]) {
    const world = new World();
    await world.plant(mark);
    assert.equal(await world.owner("one").mayDelete(), false);
    assert.match(world.told[0]!, /cannot be understood .*--store-adopt/);
    assert.equal(await world.store.readMark(name), mark);
  }
});

Deno.test("StoreOwner adopts if it is told to, and stops whoever had the store before", async () => {
  for (const mark of [ownerMark("one"), "broken"]) {
    const world = new World();
    const one = world.owner("one");
    await one.mayDelete();
    await world.plant(mark);
    assert.equal(await world.owner("two", { adopt: true }).mayDelete(), true);
    assert.equal(await one.mayDelete(), false);
    assert.equal(world.told.length, 1);
  }
});

Deno.test("StoreOwner adopts once: of two that were told to neither deletes while the other lives", async () => {
  const world = new World();
  await world.plant(ownerMark("zero"));
  const [one, two] = [world.owner("one", { adopt: true }), world.owner("two", { adopt: true })];
  assert.equal(await one.mayDelete(), true);
  assert.equal(await two.mayDelete(), true);
  assert.equal(await one.mayDelete(), false);
  assert.equal(await two.mayDelete(), false);
  assert.match(world.told[1]!, /is used by another cluster too.*give each its own.*--store-adopt/);
  assert.equal(await world.owner("two", { adopt: true }).mayDelete(), true, "one has ended");
  assert.equal(await world.owner("two").mayDelete(), true);
});

for (const watched of [{ namespace: "", labels: "" }, { namespace: "apps", labels: "" }]) {
  const other = { ...watched, labels: "team=other" };
  Deno.test(`StoreOwner lets neither of two clusters delete, the second of which watches ${JSON.stringify(other)}`, async () => {
    const world = new World();
    const one = world.owner("one", { selector: watched });
    assert.equal(await one.mayDelete(), true);
    assert.equal(await world.owner("two", { selector: other }).mayDelete(), false);
    assert.equal(await one.mayDelete(), false);
    assert.equal(await world.owner("one", { selector: watched }).mayDelete(), false);
    assert.equal(world.told.length, 3);
  });
}

Deno.test("StoreOwner lets controllers of one cluster delete, whatever they watch", async () => {
  const world = new World();
  const selectors = [selector, { namespace: "apps", labels: "" }, { namespace: "", labels: "a=b" }];
  const owners = selectors.map((each) => world.owner("one", { selector: each }));
  for (const owner of [...owners, ...owners]) assert.equal(await owner.mayDelete(), true);
});

Deno.test("StoreOwner tells the first of two clusters with one selector that it is not alone", async () => {
  const world = new World();
  const one = world.owner("one");
  assert.equal(await one.mayDelete(), true);
  assert.equal(await world.owner("two").mayDelete(), false);
  assert.equal(await one.mayDelete(), false);
});

Deno.test("StoreOwner says no where it cannot read whether the store is shared", async () => {
  const world = new World();
  await world.store.writeMark(sharedMarkName, "{", { replace: true });
  assert.equal(await world.owner("one").mayDelete(), false);
  assert.equal(await world.owner("one", { adopt: true }).mayDelete(), true);
});

Deno.test("StoreOwner asks and adopts once for many questions at once", async () => {
  const world = new World();
  await world.plant(ownerMark("zero"));
  let reads = 0;
  const readClusterUid = () => Promise.resolve(`${++reads}`);
  const owner = world.owner("", { adopt: true, readClusterUid });
  const answers = await Promise.all(Array.from({ length: 5 }, () => owner.mayDelete()));
  assert.deepEqual([new Set(answers), reads], [new Set([true]), 1]);
});

Deno.test("StoreOwner lets at most one of two clusters that start at once have a new store, and no longer than the other is unseen", async () => {
  const world = new World();
  const owners = [world.owner("one"), world.owner("two")];
  const answers = await Promise.all(owners.map((owner) => owner.mayDelete()));
  assert.ok(answers.includes(false));
  assert.deepEqual(await Promise.all(owners.map((owner) => owner.mayDelete())), [false, false]);
});

Deno.test("StoreOwner says no while the cluster cannot be named, says why, and asks again", async () => {
  const world = new World();
  const state = { failure: 'Cannot get Namespace "kube-system": status 403' };
  const readClusterUid = () =>
    state.failure ? Promise.reject(new Error(state.failure)) : Promise.resolve("one");
  const owner = world.owner("one", { readClusterUid });
  assert.deepEqual([await owner.mayDelete(), await owner.mayDelete()], [false, false]);
  assert.deepEqual(world.told, [`${state.failure}; so no artifact is swept or collected`]);
  state.failure = "unreachable";
  assert.equal(await owner.mayDelete(), false);
  assert.equal(world.told.length, 2);
  state.failure = "";
  assert.equal(await owner.mayDelete(), true);
  state.failure = "forgotten would be asked for again";
  assert.equal(await owner.mayDelete(), true);
});

Deno.test("StoreOwner says no if the store fails, or does not keep the mark", async () => {
  const world = new World();
  const failing = { readMark: () => Promise.reject(new Error("out")), writeMark: async () => {} };
  assert.equal(await world.owner("one", { store: failing }).mayDelete(), false);
  const forgetful = { readMark: () => Promise.resolve(undefined), writeMark: async () => {} };
  assert.equal(await world.owner("one", { store: forgetful }).mayDelete(), false);
  assert.match(world.told[0]!, /^out; so no artifact/);
  assert.match(world.told[1]!, /does not keep the mark/);
});
