import assert from "node:assert/strict";
import type { Lease } from "../objects/leases.ts";
import { isHeld, nothingSeen, type Seen, sight } from "./sighting.ts";

const lease: Lease = {
  ...{ name: "a", uid: "u", resourceVersion: "1", labels: {}, annotations: {}, holder: "h" },
  ...{ durationMs: 15_000, acquiredAt: 7, renewedAt: 1_000, transitions: 0 },
};

const blindAfterMs = 7_500;

const seenAt = (at: number, seen: Lease, before: Seen = nothingSeen) =>
  sight(before, { leases: [seen], sentAt: at - 10, answeredAt: at }, blindAfterMs);
const dateOf = ({ sightings }: Seen) => sightings.get("a")?.changedAt;

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
    assert.equal(dateOf(next), changedAt, what);
  }
});

Deno.test("sight() forgets a Lease that is gone", () => {
  const look = { leases: [], sentAt: 200, answeredAt: 201 };
  assert.equal(sight(seenAt(100, lease), look, blindAfterMs).sightings.size, 0);
});

Deno.test("sight() gives who was live a whole lease to come back after we saw nothing, and not the dead", () => {
  const first = seenAt(100, lease);
  const cases: readonly [string, readonly number[], number][] = [
    ["looks as often as ever", [5_100, 10_100, 15_100], 100],
    ["one look late", [7_610], 100],
    ["a look failed", [7_611], 7_611],
    ["an outage of a minute", [5_100, 65_100], 65_100],
    ["it was dead before the outage", [7_600, 15_110, 65_100], 100],
  ];
  for (const [what, looks, changedAt] of cases) {
    const last = looks.reduce((before, at) => seenAt(at, lease, before), first);
    assert.equal(dateOf(last), changedAt, what);
  }
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
    const sighting = seenAt(100, { ...lease, ...change }).sightings.get("a");
    assert.equal(isHeld(sighting, sentAt), expected, what);
  }
  assert.equal(isHeld(undefined, 0), false);
});
