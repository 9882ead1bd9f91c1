import assert from "node:assert/strict";
import type { Lease } from "../objects/leases.ts";
import { isHeld, sight, type Sightings } from "./sighting.ts";

const lease: Lease = {
  ...{ name: "a", uid: "u", resourceVersion: "1", labels: {}, annotations: {}, holder: "h" },
  ...{ durationMs: 15_000, acquiredAt: 7, renewedAt: 1_000, transitions: 0 },
};

const seenAt = (at: number, seen: Lease, before: Sightings = new Map()) =>
  sight(before, { leases: [seen], sentAt: at - 10, answeredAt: at });

Deno.test("sight() dates a renewal to the answer that showed it first", () => {
  const first = seenAt(100, lease);
  const cases: readonly [string, Partial<Lease>, number][] = [
    ["nothing changed", {}, 100],
    ["somebody labelled it", { resourceVersion: "2", labels: { a: "b" } }, 100],
    ["it was renewed", { renewedAt: 2_000 }, 5_100],
    ["its holder's clock stepped back", { renewedAt: 10 }, 5_100],
    ["another holds it", { holder: "i" }, 5_100],
    ["it was acquired anew", { acquiredAt: 8 }, 5_100],
    ["it was made anew", { uid: "v" }, 5_100],
  ];
  for (const [what, change, changedAt] of cases) {
    const next = seenAt(5_100, { ...lease, ...change }, first);
    assert.equal(next.get("a")?.changedAt, changedAt, what);
  }
});

Deno.test("sight() forgets a Lease that is gone", () => {
  const gone = sight(seenAt(100, lease), { leases: [], sentAt: 200, answeredAt: 201 });
  assert.equal(gone.size, 0);
});

Deno.test("isHeld() judges by the look that was sent, not by the clocks of others", () => {
  const cases: readonly [string, Partial<Lease>, number, boolean][] = [
    ["just seen", {}, 100, true],
    ["a moment before its end", {}, 15_099, true],
    ["at its end", {}, 15_100, false],
    ["its holder's clock is years ahead", { renewedAt: 1e15 }, 15_100, false],
    ["released", { holder: "" }, 100, false],
    ["it says nothing of its length", { durationMs: 0 }, 15_099, true],
    ["it says nothing of its length, and 15 s are over", { durationMs: 0 }, 15_100, false],
  ];
  for (const [what, change, sentAt, expected] of cases) {
    const sighting = seenAt(100, { ...lease, ...change }).get("a");
    assert.equal(isHeld(sighting, sentAt), expected, what);
  }
  assert.equal(isHeld(undefined, 0), false);
});
