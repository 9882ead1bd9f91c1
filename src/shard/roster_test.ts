import assert from "node:assert/strict";
import type { Lease } from "../objects/leases.ts";
import { candidatesOf } from "./candidates.ts";
import { type Member, memberLease } from "./member.ts";
import { emptyRoster, nextRoster, type Roster, type RosterOptions } from "./roster.ts";
import { nothingSeen, sight } from "./sighting.ts";

const scope = { namespace: "", labelSelector: "" };
const options: RosterOptions = {
  self: "a",
  scope,
  candidates: ["a", "b", "c"],
  takeoverDelayMs: 0,
};

function lease(name: string, rest: Partial<Member> = {}, renewedAt = 1): Lease {
  const member: Member = {
    ...{ name, identity: `${name}_1`, scope, isShared: true, address: undefined },
    ...{ view: [], acquiredAt: 0, ...rest },
  };
  const term = { durationMs: 15_000, renewedAt, transitions: 0 };
  return { ...memberLease(member, term), uid: name, resourceVersion: "1" };
}

/** The rosters of successive looks. */
function rosters(
  looks: readonly (readonly [number, readonly Lease[]])[],
  with_: Partial<RosterOptions> = {},
): Roster[] {
  let [seen, roster] = [nothingSeen, emptyRoster];
  return looks.map(([at, leases]) => {
    seen = sight(seen, { leases, sentAt: at, answeredAt: at + 10 }, Infinity);
    return roster = nextRoster(roster, seen, { ...options, ...with_ });
  });
}

const liveNames = ({ live }: Roster) => live.map(({ name }) => name);
const endedOf = ({ ended }: Roster) =>
  ended.map(({ member: { name }, at, isHandedOver }) => [name, at, isHandedOver]);

Deno.test("nextRoster() counts the other holders of our scope, by name", () => {
  const [roster] = rosters([[0, [
    ...[lease("c"), lease("b"), lease("a"), lease("released", { identity: "" })],
    lease("other", { scope: { namespace: "team", labelSelector: "" } }),
    lease("other2", { scope: { namespace: "", labelSelector: "x=y" } }),
  ]]]);
  assert.deepEqual(liveNames(roster!), ["b", "c"]);
  assert.deepEqual(roster!.ended, []);
});

Deno.test("nextRoster() ends a member that did not renew, at the end of its lease and without hand-over", () => {
  const [before, after] = rosters([[0, [lease("b")]], [15_009, [lease("b")]]]);
  assert.deepEqual(liveNames(before!), ["b"]);
  assert.deepEqual(liveNames(after!), ["b"]);
  const [, over] = rosters([[0, [lease("b")]], [15_010, [lease("b")]]]);
  assert.deepEqual(liveNames(over!), []);
  assert.deepEqual(endedOf(over!), [["b", 15_010, false]]);
  assert.deepEqual(over!.ended[0]?.candidates, ["a", "b", "c"]);
});

Deno.test("nextRoster() ends a member at once that gave its lease back", () => {
  const [, gone] = rosters([[0, [lease("b")]], [5_000, []]]);
  assert.deepEqual(endedOf(gone!), [["b", 5_010, true]]);
  const [, emptied] = rosters([[0, [lease("b")]], [5_000, [lease("b", { identity: "" })]]]);
  assert.deepEqual(endedOf(emptied!), [["b", 5_010, true]]);
});

Deno.test("nextRoster() does not take a dead member's Lease that is cleared later for one given back", () => {
  const looks = rosters([[0, [lease("b")]], [20_000, [lease("b")]], [60_000, []]]);
  assert.deepEqual(endedOf(looks[2]!), [["b", 15_010, false]]);
});

Deno.test("nextRoster() has a member back that renews again, and forgets its end", () => {
  const [, , back] = rosters([[0, [lease("b")]], [20_000, [lease("b")]], [
    25_000,
    [lease("b", {}, 2)],
  ]]);
  assert.deepEqual(liveNames(back!), ["b"]);
  assert.deepEqual(back!.ended, []);
});

Deno.test("nextRoster() forgets ends after two minutes, or after the wait for them", () => {
  const looks: [number, Lease[]][] = [[0, [lease("b")]], [1_000, []], [121_000, []], [601_000, []]];
  assert.deepEqual(rosters(looks).map(({ ended }) => ended.length), [0, 1, 0, 0]);
  const patient = rosters(looks, { takeoverDelayMs: 600_000 });
  assert.deepEqual(patient.map(({ ended }) => ended.length), [0, 1, 1, 0]);
});

const member = (name: string, acquiredAt: number, isShared = true): Member => ({
  ...{ name, identity: `${name}_1`, scope, isShared, address: undefined, view: [], acquiredAt },
});
const endedMember = (of: Member, at: number) => ({
  ...{ member: of, at, isHandedOver: true, candidates: [] },
});

for (
  const [name, { self, live = [], ended = [], delayMs = 0, expected }] of Object.entries(
    {
      "all who share": {
        self: member("b", 1),
        live: [member("a", 9), member("c", 3)],
        expected: ["a", "b", "c"],
      },
      "the oldest alone where nobody shares": {
        self: member("a", 2, false),
        live: [member("b", 1, false)],
        expected: ["b"],
      },
      "the first by name of those that are as old": {
        self: member("b", 1, false),
        live: [member("a", 1, false)],
        expected: ["a"],
      },
      "the oldest alone while the flag is rolled out": {
        self: member("a", 2, true),
        live: [member("b", 1, false), member("c", 3, true)],
        expected: ["b"],
      },
      "nobody who ended": {
        self: member("a", 1),
        ended: [endedMember(member("b", 1), 0)],
        expected: ["a"],
      },
      "who ended, as long as it is waited for": {
        self: member("a", 1),
        ended: [endedMember(member("b", 1), 9_000)],
        delayMs: 1_001,
        expected: ["a", "b"],
      },
      "who ended no longer than it is waited for": {
        self: member("a", 1),
        ended: [endedMember(member("b", 1), 9_000)],
        delayMs: 1_000,
        expected: ["a"],
      },
      "the oldest that ended, as long as it is waited for": {
        self: member("a", 2, false),
        ended: [endedMember(member("b", 1, false), 9_000)],
        delayMs: 5_000,
        expected: ["b"],
      },
    } satisfies Record<string, {
      self: Member;
      live?: Member[];
      ended?: ReturnType<typeof endedMember>[];
      delayMs?: number;
      expected: string[];
    }>,
  )
) {
  Deno.test(`candidatesOf() chooses among ${name}`, () => {
    const found = candidatesOf({
      ...{ self, roster: { live, ended }, now: 10_000, takeoverDelayMs: delayMs },
    });
    assert.deepEqual(found, expected);
  });
}
