import assert from "node:assert/strict";
import { compareResourceVersions } from "./resource_version.ts";

Deno.test("compareResourceVersions() compares numbers of any length", () => {
  const rows: readonly [string, string, number][] = [
    ["1", "1", 0],
    ["9", "10", -1],
    ["10", "9", 1],
    ["9007199254740993", "9007199254740992", 1],
    ["99999999999999999998", "99999999999999999999", -1],
  ];
  for (const [left, right, expected] of rows) {
    assert.equal(Math.sign(compareResourceVersions(left, right)), expected, `${left} ${right}`);
  }
});
