import assert from "node:assert/strict";
import { inSeconds } from "./in_seconds.ts";

Deno.test("inSeconds() shows no fraction of a second", () => {
  assert.deepEqual([89_600, 2_300, 200].map(inSeconds), ["1m30s", "2s", "1s"]);
});
