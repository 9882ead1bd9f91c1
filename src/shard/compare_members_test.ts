import assert from "node:assert/strict";
import { compareMembers, isLaterReplica } from "./compare_members.ts";

Deno.test("compareMembers() puts lower ordinals first, and names without one last", () => {
  const sorted = ["m-0", "m-2", "m-10", "c-7d9f8c-x2v4b", "laptop"];
  assert.deepEqual(sorted.toReversed().toSorted(compareMembers), sorted);
  assert.equal(compareMembers("a", "a"), 0);
});

Deno.test("isLaterReplica() knows the second and later pods of a StatefulSet", () => {
  const names = ["m-0", "m-1", "m-10", "m", "c-7d9f8c-x2v4b", "m-00"];
  assert.deepEqual(names.filter(isLaterReplica), ["m-1", "m-10"]);
});
