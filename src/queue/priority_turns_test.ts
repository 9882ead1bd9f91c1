import { strict as assert } from "node:assert";
import { priorities, type Priority } from "../core/priority.ts";
import { seededRandom } from "../../tests/seeded_random.ts";
import { PriorityTurns } from "./priority_turns.ts";

/** One turn among those that are there. */
function take(turns: PriorityTurns, there: readonly Priority[]): Priority {
  const priority = turns.order.find((each) => there.includes(each))!;
  turns.went(priority, (other) => there.includes(other));
  return priority;
}

Deno.test("PriorityTurns lets seven of the most urgent go before one of another kind", () => {
  const turns = new PriorityTurns();
  const taken = Array.from({ length: 20 }, () => take(turns, ["triggered", "due", "retried"])[0]);
  assert.equal(taken.join(""), "tttttttdrttttttdrttt");
});

Deno.test("PriorityTurns counts nothing against who could not have gone", () => {
  const turns = new PriorityTurns();
  for (let turn = 0; turn < 100; turn++) take(turns, ["triggered"]);
  assert.deepEqual(turns.order, priorities);
});

Deno.test("PriorityTurns: of ten turns in a row one is of each kind that could have had all of them", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = seededRandom(seed);
    const turns = new PriorityTurns();
    const missed = new Map<Priority, number>(priorities.map((each) => [each, 0]));
    for (let turn = 0; turn < 300; turn++) {
      const there = priorities.filter(() => random() < 0.8);
      if (there.length === 0) continue;
      const taken = take(turns, there);
      for (const each of priorities) {
        missed.set(each, there.includes(each) && each !== taken ? missed.get(each)! + 1 : 0);
        assert.ok(missed.get(each)! < 10, `seed ${seed}, turn ${turn}: ${each}`);
      }
    }
  }
});
