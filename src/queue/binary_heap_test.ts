import { strict as assert } from "node:assert";
import { seededRandom } from "../../tests/seeded_random.ts";
import { BinaryHeap } from "./binary_heap.ts";

Deno.test("BinaryHeap takes items in order, whatever was pushed, popped and dropped before", () => {
  const random = seededRandom(1);
  const heap = new BinaryHeap<number>((a, b) => a < b);
  let model: number[] = [];
  for (let step = 0; step < 5_000; step++) {
    const dice = random();
    if (dice < 0.6) {
      const item = Math.floor(random() * 100);
      heap.push(item);
      model.push(item);
    } else if (dice < 0.99) {
      model.sort((a, b) => a - b);
      assert.equal(heap.peek(), model[0]);
      assert.equal(heap.pop(), model.shift());
    } else {
      heap.retain((item) => item % 3 > 0);
      model = model.filter((item) => item % 3 > 0);
    }
    assert.equal(heap.size, model.length);
  }
});
