import { strict as assert } from "node:assert";
import { settle } from "../../tests/settle.ts";
import { lookAhead } from "./look_ahead.ts";

Deno.test("lookAhead() keeps the order of the items, with so many under way and no more", async () => {
  const ends: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const work = async (item: number) => {
    most = Math.max(most, ++running);
    await new Promise<void>((resolve) => ends[item] = resolve);
    running--;
    return item * 10;
  };
  const results = Array.fromAsync(lookAhead([0, 1, 2, 3, 4], 3, work));
  for (const item of [2, 1, 0, 4, 3]) {
    while (!ends[item]) await settle();
    ends[item]!();
    await settle();
  }
  assert.deepEqual(await results, [0, 10, 20, 30, 40]);
  assert.equal(most, 3);
});

Deno.test("lookAhead() throws what an item throws in its turn, and nothing when nobody listens any more", async () => {
  const work = (item: number) =>
    item === 2 ? Promise.reject(new Error("two")) : Promise.resolve(item);
  const seen: number[] = [];
  await assert.rejects(async () => {
    for await (const each of lookAhead([0, 1, 2, 3], 4, work)) seen.push(each);
  }, { message: "two" });
  assert.deepEqual(seen, [0, 1]);
  for await (const each of lookAhead([0, 1, 2, 3], 4, work)) {
    assert.equal(each, 0);
    break;
  }
  await settle();
});
