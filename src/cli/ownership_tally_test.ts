import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { MemoryMembers } from "../../tests/memory_members.ts";
import { sourceOf } from "../../tests/source_fixtures.ts";
import type { ExternalSource } from "../core/external_source.ts";
import type { SourceKey } from "../core/source_key.ts";
import { soleMember } from "../shard/members.ts";
import { OwnershipTally, type OwnershipTallyParts } from "./ownership_tally.ts";

const keyOf = (index: number): SourceKey => `n/s${index}`;

function sourcesOf(count: number): Map<SourceKey, ExternalSource> {
  return new Map(
    Array.from({ length: count }, (_, index) => {
      const metadata = { namespace: "n", name: `s${index}`, uid: `uid-${index}` };
      return [keyOf(index), sourceOf({ metadata })];
    }),
  );
}

const asCache = (map: Map<SourceKey, ExternalSource>): OwnershipTallyParts["sources"] => map;

Deno.test("OwnershipTally counts each source as it comes and goes, and none twice", () => {
  const sources = sourcesOf(3);
  const tally = new OwnershipTally({
    ...{ sources: asCache(sources), members: soleMember, onMove: () => assert.fail("none moved") },
  });
  const [first, second] = [sources.get(keyOf(0)), sourceOf({ metadata: { uid: "other" } })];
  const change = { kind: "ExternalSource", key: keyOf(0) } as const;
  tally.objectChanged({ ...change, before: undefined, after: first });
  assert.equal(tally.owned, 0, "the first list is counted at its end");
  tally.start();
  assert.equal(tally.owned, 3);
  tally.objectChanged({ ...change, before: first, after: first });
  tally.objectChanged({ ...change, before: first, after: second });
  assert.equal(tally.owned, 3);
  tally.objectChanged({ ...change, before: second, after: undefined });
  tally.objectChanged({ ...change, kind: "ExternalArtifact", before: undefined, after: undefined });
  assert.equal(tally.owned, 2);
});

Deno.test("OwnershipTally tells what moves with the members once a change, and the count that is left", async () => {
  const clock = new ManualClock();
  const members = new MemoryMembers(clock);
  const sources = sourcesOf(300);
  const told: string[] = [];
  const tallied = (name: string) => {
    const member = members.start(name);
    const { membership } = member;
    const tally = new OwnershipTally({
      ...{ sources: asCache(sources), members: membership },
      onMove: ({ counts, owned, members: { length } }) =>
        told.push(`${name} ${JSON.stringify(counts)} ${owned} of ${length}`),
    });
    membership.onChange((change) => tally.membersChanged(change));
    return { membership, tally, leases: member.leases };
  };
  const ownedBy = ({ membership }: ReturnType<typeof tallied>) =>
    [...sources.values()].filter(({ metadata: { uid } }) => membership.owns(uid)).length;
  const a = tallied("m-0");
  a.tally.start();
  await clock.advance(15_000);
  const b = tallied("m-1");
  await clock.advance(15_000);
  assert.deepEqual([a.tally.owned, b.tally.owned], [ownedBy(a), 0]);
  b.tally.start(); // its list took long
  const [ownA, ownB] = [ownedBy(a), ownedBy(b)];
  assert.deepEqual([a.tally.owned, b.tally.owned, ownA + ownB], [ownA, ownB, 300]);
  b.leases.onCall = () => {
    throw new Error("cut off");
  };
  await clock.advance(60_000);
  assert.deepEqual([a.tally.owned, b.tally.owned], [300, 0]);
  await a.membership.release();
  assert.equal(a.tally.owned, 0);
  await members.close();
  assert.deepEqual(
    told.toSorted(),
    [
      'm-0 {"begun":300} 300 of 1',
      `m-0 {"given_away":${ownB}} ${ownA} of 2`,
      'm-0 {"given_away":300} 0 of 1',
      `m-0 {"taken_over":${ownB}} 300 of 1`,
      `m-1 {"lost":${ownB}} 0 of 2`,
      `m-1 {"received":${ownB}} ${ownB} of 2`,
    ].toSorted(),
  );
});
