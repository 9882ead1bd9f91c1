import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { MemoryMembers, type TestMember } from "../../tests/memory_members.ts";
import { settle } from "../../tests/settle.ts";
import { ObjectsUnavailableError } from "../objects/objects.ts";
import { handoverOf } from "./handover.ts";

const uids = Array.from({ length: 300 }, (_, index) => `uid-${index}`);

/** How many sources came or went in what way, in all changes of a member from one on. */
function talliesOf({ changes }: TestMember, from = 0, owner?: string): Record<string, number> {
  const tallies: Record<string, number> = {};
  for (const change of changes.slice(from)) {
    for (const uid of uids) {
      const handover = handoverOf(change, { uid, owner });
      if (handover) tallies[handover] = (tallies[handover] ?? 0) + 1;
    }
  }
  return tallies;
}

const ownedBy = ({ membership }: TestMember) => uids.filter((uid) => membership.owns(uid)).length;

/** Two replicas that share the sources, and from which of their changes on something happens. */
async function pair(
  body: (world: {
    readonly clock: ManualClock;
    readonly members: MemoryMembers;
    readonly a: TestMember;
    readonly b: TestMember;
  }) => Promise<void>,
): Promise<void> {
  const clock = new ManualClock();
  const members = new MemoryMembers(clock);
  try {
    const [a, b] = [members.start("m-0"), members.start("m-1")];
    await clock.advance(30_000);
    await body({ clock, members, a, b });
  } finally {
    await members.close();
  }
}

const away = () => {
  throw new ObjectsUnavailableError("Cannot reach the API server");
};

Deno.test("handoverOf() counts nothing but a begin for the first replica", async () => {
  const clock = new ManualClock();
  const members = new MemoryMembers(clock);
  const a = members.start("m-0");
  for (let turn = 0; turn < 10; turn++) await settle();
  assert.deepEqual(talliesOf(a), { begun: 300 });
  assert.deepEqual(talliesOf(a, 0, "m-0"), { begun: 300 }, "it was the owner before its restart");
  assert.deepEqual(talliesOf(a, 0, "m-9"), { taken_over: 300 }, "another was");
  await members.close();
});

Deno.test("handoverOf() counts what a joining replica gets as given away and received", () =>
  pair(async ({ clock, members, a }) => {
    const from = a.changes.length;
    const before = ownedBy(a);
    const c = members.start("m-2");
    await clock.advance(30_000);
    const given = before - ownedBy(a);
    assert.ok(given > 20, `${given}`);
    assert.deepEqual(talliesOf(a, from), { given_away: given });
    assert.deepEqual(talliesOf(c), { received: ownedBy(c) });
  }));

Deno.test("handoverOf() counts what a replica leaves that gives its Lease back as received", () =>
  pair(async ({ clock, a, b }) => {
    const [fromA, fromB] = [a.changes.length, b.changes.length];
    const count = ownedBy(b);
    await b.membership.release();
    await clock.advance(30_000);
    assert.equal(ownedBy(a), 300);
    assert.deepEqual(talliesOf(a, fromA), { received: count });
    assert.deepEqual(talliesOf(b, fromB), { given_away: count });
  }));

Deno.test("handoverOf() counts what a replica leaves that is cut off as lost and taken over", () =>
  pair(async ({ clock, a, b }) => {
    const [fromA, fromB] = [a.changes.length, b.changes.length];
    const count = ownedBy(b);
    b.leases.onCall = away;
    await clock.advance(60_000);
    assert.deepEqual([ownedBy(a), ownedBy(b)], [300, 0]);
    assert.deepEqual(talliesOf(a, fromA), { taken_over: count });
    assert.deepEqual(talliesOf(b, fromB), { lost: count });
    b.leases.onCall = () => {};
    await clock.advance(30_000);
    assert.equal(ownedBy(b), count);
    assert.deepEqual(talliesOf(a, fromA), { taken_over: count, given_away: count });
    assert.deepEqual(talliesOf(b, fromB), { lost: count, received: count });
  }));
