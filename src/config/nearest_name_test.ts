import assert from "node:assert/strict";
import { nearestName } from "./nearest_name.ts";

Deno.test("nearestName() finds what a typing error meant and stays silent about the rest", () => {
  const names = ["concurrent", "events-addr", "storage-adv-addr", "zap-log-level"];
  const cases: [string, string | undefined][] = [
    ["concurent", "concurrent"],
    ["cnocurrent", "concurrent"],
    ["event-address", "events-addr"],
    ["storage-addr", "storage-adv-addr"],
    ["zap-loglevel", "zap-log-level"],
    ["foo", undefined],
    ["", undefined],
  ];
  for (const [wrong, expected] of cases) assert.equal(nearestName(wrong, names), expected, wrong);
});
