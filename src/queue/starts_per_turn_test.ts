import assert from "node:assert/strict";
import { firstStarts, startsAfter } from "./starts_per_turn.ts";

/** What so many turns in a row make of the starts. */
const after = (turns: readonly number[]) => turns.reduce(startsAfter, firstStarts);

Deno.test("startsAfter() lets more begin while turns come in time, up to 64", () => {
  assert.equal(after([0]), 2 * firstStarts);
  assert.equal(after(Array(10).fill(25)), 64);
});

Deno.test("startsAfter() lets fewer begin while turns are late, but never none", () => {
  assert.equal(after([26]), firstStarts / 2);
  assert.equal(after(Array(10).fill(1_000)), 1);
  assert.equal(after([...Array(10).fill(1_000), 0, 0]), 4);
});
