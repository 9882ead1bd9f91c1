import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { MemoryMembers, type TestMember } from "../../tests/memory_members.ts";
import { settle } from "../../tests/settle.ts";
import { ObjectsUnavailableError } from "../objects/objects.ts";
import { leaseName } from "./lease_name.ts";
import { goLeaderLease } from "./lookout.ts";
import { mustFence, ownsIn } from "./ring.ts";

const uids = Array.from({ length: 300 }, (_, index) => `uid-${index}`);
const ownedBy = ({ membership }: TestMember) => uids.filter((uid) => membership.owns(uid));
const countsOf = (...members: readonly TestMember[]) => members.map((each) => ownedBy(each).length);
const away = () => {
  throw new ObjectsUnavailableError("Cannot reach the API server");
};
const forbidden = () => {
  throw new ObjectsUnavailableError("Cannot list Leases: status 403", { refusal: "forbidden" });
};

/** How many members work on each source; no two ever may. */
function workersOf(members: readonly TestMember[]): number[] {
  return uids.map((uid) =>
    members.filter(({ membership }) => membership.owns(uid) && membership.mayWrite()).length
  );
}

function assertOneEach(...members: readonly TestMember[]): void {
  assert.ok(workersOf(members).every((count) => count === 1), `${workersOf(members)}`);
}

interface World {
  readonly clock: ManualClock;
  readonly members: MemoryMembers;
}

/** A case; whatever it starts is ended, and nothing may be left of it. */
function testCase(law: string, body: (world: World) => Promise<void>): void {
  Deno.test(`Membership ${law}`, async () => {
    const clock = new ManualClock();
    const members = new MemoryMembers(clock);
    try {
      await body({ clock, members });
    } finally {
      await members.close();
    }
    assert.equal(clock.pending, 0);
  });
}

/** Several that have found each other. */
async function joined({ members, clock }: World, names: readonly string[]): Promise<TestMember[]> {
  const started = names.map((name) => members.start(name));
  await clock.advance(15_000);
  return started;
}

testCase("of one replica owns all at once", async ({ members }) => {
  const a = members.start("m-0");
  assert.equal(a.membership.state, "starting");
  assert.equal(a.membership.owns("uid-1"), false);
  for (let turn = 0; turn < 10; turn++) await settle();
  assert.equal(a.membership.state, "member");
  assertOneEach(a);
  assert.deepEqual(a.membership.peers(), []);
  assert.equal(a.membership.ownerOf("uid-1"), "m-0");
});

testCase("costs three calls each third of a lease", async ({ members, clock }) => {
  const [a] = [members.start("m-0"), members.start("m-1")];
  await clock.advance(60_000);
  a.leases.calls.length = 0;
  const told = a.changes.length;
  await clock.advance(50_000);
  const counts = Map.groupBy(a.leases.calls, (call) => call);
  assert.deepEqual([...counts].map(([call, { length }]) => [call, length]).toSorted(), [
    ["list", 10],
    ["read", 10],
    ["update", 10],
  ]);
  assert.equal(a.changes.length, told);
});

testCase("shares the sources, each with one of the members at any time", async (world) => {
  const [a, b, c] = await joined(world, ["m-0", "m-1", "m-2"]);
  assertOneEach(a!, b!, c!);
  assert.ok(countsOf(a!, b!, c!).every((count) => count > 60));
  assert.deepEqual(b!.membership.peers().map(({ name }) => name), ["m-0", "m-2"]);
});

testCase("lets a new member begin with a source only after its owner gave it up", async (world) => {
  const { members, clock } = world;
  const [a] = await joined(world, ["m-0"]);
  await clock.advance(1_000);
  const b = members.start("m-1");
  for (let step = 0; step < 150; step++) {
    await clock.advance(100);
    assert.ok(workersOf([a!, b]).every((count) => count <= 1), `after ${step * 100} ms`);
  }
  assertOneEach(a!, b);
  const gains = b.changes.flatMap((change) =>
    uids.filter((uid) => mustFence(change, { uid, owner: "m-0" }))
  );
  assert.deepEqual(gains, []);
});

testCase(
  "takes over from a member that died after its lease, and has that fenced",
  async (world) => {
    const { clock } = world;
    const [a, b] = await joined(world, ["m-0", "m-1"]);
    const bs = ownedBy(b!);
    b!.leases.onCall = away;
    await clock.advance(14_000);
    assert.equal(countsOf(a!)[0], uids.length - bs.length);
    await clock.advance(6_100);
    assertOneEach(a!);
    assert.deepEqual(a!.membership.peers(), []);
    const change = a!.changes.find(({ before, after }) =>
      bs.some((uid) => mustFence({ before, after }, { uid, owner: "m-1" }))
    )!;
    assert.deepEqual(uids.filter((uid) => mustFence(change, { uid, owner: "m-1" })), bs);
    const ago = a!.membership.msSinceOwnerEnded(bs[0]!)!;
    assert.ok(ago >= 0 && ago < 6_100, `${ago}`);
    const as = uids.find((uid) => !bs.includes(uid))!;
    assert.equal(a!.membership.msSinceOwnerEnded(as), undefined);
  },
);

testCase("takes nobody for dead because the API server was away from all", async (world) => {
  const { clock } = world;
  const members = await joined(world, ["m-0", "m-1", "m-2"]);
  const owned = members.map(ownedBy);
  // So that all have seen the last renewals when nothing goes any more.
  for (const { leases } of members) {
    leases.onCall = (call) => call === "update" ? away() : undefined;
  }
  await clock.advance(6_000);
  for (const { leases } of members) leases.onCall = away;
  await clock.advance(60_000);
  members.forEach(({ leases }, index) => {
    // The first is back long before the last.
    const until = clock.now() + index * 4_000;
    leases.onCall = () => clock.now() < until ? away() : undefined;
  });
  for (let step = 0; step < 200; step++) {
    await clock.advance(100);
    members.forEach((member, index) => {
      assert.ok(ownedBy(member).every((uid) => owned[index]!.includes(uid)), `${step}, ${index}`);
    });
  }
  assertOneEach(...members);
});

testCase("looks again right when a lease ends", async ({ members, clock }) => {
  const [a, b] = [members.start("m-0"), members.start("m-1")];
  for (const { leases } of [a, b]) {
    leases.onAnswer = () => new Promise((resolve) => void clock.schedule(resolve, 100));
  }
  await clock.advance(30_000);
  assertOneEach(a, b);
  b.leases.onCall = away;
  const cutAt = clock.now();
  while (countsOf(a)[0] !== uids.length) await clock.advance(100);
  // Its last renewal is being seen right now; what follows the end are calls of 100 ms, not the rest of a round.
  assert.ok(clock.now() - cutAt <= 16_000, `${clock.now() - cutAt}`);
  for (const { leases } of [a, b]) leases.onAnswer = () => {};
  await clock.advance(1_000); // what is on its way arrives
});

testCase("never has two that write, whenever one is cut off", async (world) => {
  const { clock } = world;
  const [a, b, c] = await joined(world, ["m-0", "m-1", "m-2"]);
  for (let round = 0; round < 4; round++) {
    b!.leases.onCall = away;
    for (let step = 0; step < 25; step++) {
      await clock.advance(1_300);
      assert.ok(workersOf([a!, b!, c!]).every((count) => count <= 1), `${round}, ${step}`);
    }
    b!.leases.onCall = () => {};
    for (let step = 0; step < 20; step++) {
      await clock.advance(700);
      assert.ok(workersOf([a!, b!, c!]).every((count) => count <= 1), `${round}, back ${step}`);
    }
    assertOneEach(a!, b!, c!);
  }
});

testCase("stops writing with a third of its lease left, and keeps its sources", async (world) => {
  const { clock } = world;
  const [a] = await joined(world, ["m-0"]);
  const sentAt = clock.now();
  a!.leases.onCall = away;
  await clock.advance(9_999);
  assert.equal(a!.membership.mayWrite(), true);
  await clock.advance(sentAt + 10_000 - clock.now());
  assert.equal(a!.membership.mayWrite(), false);
  assert.equal(a!.membership.state, "lapsed");
  assert.equal(a!.changes.at(-1)?.mayWrite, false);
  assert.equal(a!.membership.owns("uid-1"), true);
  await clock.advance(5_000);
  assert.equal(a!.membership.owns("uid-1"), false);
  a!.leases.onCall = () => {};
  await clock.advance(1_000);
  assert.equal(a!.membership.state, "member");
  assertOneEach(a!);
});

testCase(
  "counts its lease from when a renewal was sent, however late the answer comes",
  async (world) => {
    const { clock } = world;
    const [a] = await joined(world, ["m-0"]);
    let sentAt = 0;
    a!.leases.onCall = (call) => {
      if (call === "list" && sentAt > 0) away();
      if (call !== "update") return;
      if (sentAt > 0) away();
      sentAt = clock.now();
    };
    a!.leases.onAnswer = async (call) => {
      if (call === "update") await new Promise<void>((resolve) => clock.schedule(resolve, 3_000));
    };
    await clock.advance(10_000);
    assert.ok(sentAt > 0);
    await clock.advance(sentAt + 9_999 - clock.now());
    assert.equal(a!.membership.mayWrite(), true);
    await clock.advance(1);
    assert.equal(a!.membership.mayWrite(), false);
  },
);

testCase(
  "begins anew if the answer to a renewal comes after the end of its lease",
  async (world) => {
    const { clock } = world;
    const [a] = await joined(world, ["m-0"]);
    const mayGoOn = a!.membership.hold("uid-1");
    let late = 0;
    a!.leases.onAnswer = async (call) => {
      if (call !== "update" || late++ > 0) return;
      await new Promise<void>((resolve) => clock.schedule(resolve, 12_000));
    };
    await clock.advance(30_000);
    assert.ok(late > 1);
    assertOneEach(a!);
    assert.equal(mayGoOn(), false);
  },
);

testCase("tells a problem once, and again after all was well", async (world) => {
  const [a] = await joined(world, ["m-0"]);
  const break_ = async (call: () => void) => {
    a!.leases.onCall = call;
    await world.clock.advance(10_000);
  };
  await break_(away);
  await break_(() => {});
  await break_(away);
  assert.deepEqual(a!.problems, Array(2).fill("Cannot reach the API server"));
});

testCase("goes on without a demotion if one renewal fails", async (world) => {
  const [a] = await joined(world, ["m-0"]);
  const calls = { failed: 0 };
  a!.leases.onCall = () => {
    if (calls.failed++ < 3) away();
  };
  const told = a!.changes.length;
  await world.clock.advance(20_000);
  assert.ok(calls.failed > 3);
  assert.equal(a!.changes.length, told);
});

testCase("goes on after the answer to a renewal was lost", async (world) => {
  const [a] = await joined(world, ["m-0"]);
  let lost = 0;
  a!.leases.onAnswer = (call) => {
    if (call === "update" && lost++ === 0) away();
  };
  const told = a!.changes.length;
  await world.clock.advance(20_000);
  assert.ok(lost > 1);
  assert.equal(a!.changes.length, told);
  assertOneEach(a!);
});

testCase("owns nothing between its return and the look after it", async (world) => {
  const { clock } = world;
  const [a] = await joined(world, ["m-0"]);
  a!.leases.onCall = away;
  await clock.advance(20_000);
  const look = Promise.withResolvers<void>();
  let looks = 0;
  a!.leases.onCall = async (call) => {
    if (call === "list" && ++looks === 2) await look.promise;
  };
  await clock.advance(1_000);
  assert.deepEqual([looks, a!.membership.mayWrite()], [2, true]);
  assert.deepEqual(countsOf(a!), [0]);
  look.resolve();
  await clock.advance(1_000);
  assertOneEach(a!);
});

testCase("tells that it may not write any more though a call hangs", async (world) => {
  const { clock } = world;
  const [a] = await joined(world, ["m-0"]);
  const hang = Promise.withResolvers<void>();
  a!.leases.onCall = () => hang.promise;
  await clock.advance(20_000);
  assert.deepEqual(
    a!.changes.slice(-2).map((
      { state, mayWrite, after },
    ) => [state, mayWrite, ownsIn(after, "uid-1")]),
    [["lapsed", false, true], ["lapsed", false, false]],
  );
  hang.resolve();
  await clock.advance(1_000);
});

testCase("hands over at once when it gives its Lease back", async (world) => {
  const { clock } = world;
  const [a, b] = await joined(world, ["m-0", "m-1"]);
  const bs = ownedBy(b!);
  await b!.membership.release();
  assert.equal(b!.membership.state, "released");
  assert.equal(b!.membership.mayWrite(), false);
  assert.deepEqual(countsOf(b!), [0]);
  assert.equal(await world.members.leases.read(leaseName("m-1")), undefined);
  await clock.advance(5_000);
  assertOneEach(a!);
  const fenced = a!.changes.flatMap((change) =>
    bs.filter((uid) => mustFence(change, { uid, owner: "m-1" }))
  );
  assert.deepEqual(fenced, []);
});

testCase("leaves the Lease alone that another process has under its name", async (world) => {
  const { members, clock } = world;
  const [first] = await joined(world, ["m-0"]);
  const second = members.start("m-0");
  for (let turn = 0; turn < 10; turn++) await settle();
  assert.equal(second.membership.state, "member");
  await clock.advance(60_000);
  assert.equal(first!.membership.state, "taken");
  assert.equal(first!.membership.mayWrite(), false);
  assertOneEach(first!, second);
  await first!.membership.release();
  assert.notEqual(await members.leases.read(leaseName("m-0")), undefined);
  await clock.advance(5_000);
  assertOneEach(second);
});

testCase("comes back when the process that had its name has ended", async (world) => {
  const { members, clock } = world;
  const [first] = await joined(world, ["m-0"]);
  const second = members.start("m-0");
  await clock.advance(10_000);
  await second.membership.release();
  await clock.advance(5_000);
  assertOneEach(first!, second);
});

testCase("that restarts under its name has its sources back at once", async (world) => {
  const { members, clock } = world;
  const [a, b] = await joined(world, ["m-0", "m-1"]);
  const bs = ownedBy(b!);
  b!.leases.onCall = away;
  await clock.advance(12_000);
  const again = members.start("m-1");
  for (let turn = 0; turn < 10; turn++) await settle();
  assert.deepEqual(ownedBy(again), bs);
  await clock.advance(20_000);
  assert.deepEqual(ownedBy(again), bs);
  assertOneEach(a!, again);
});

testCase("keeps its sources over a restart if others wait for it", async ({ members, clock }) => {
  const takeoverDelayMs = 60_000;
  const [a, b] = ["m-0", "m-1"].map((name) => members.start(name, { takeoverDelayMs }));
  await clock.advance(15_000);
  const bs = ownedBy(b!);
  await b!.membership.release();
  await clock.advance(50_000);
  assert.equal(countsOf(a!)[0], uids.length - bs.length);
  assert.equal(a!.membership.ownerOf(bs[0]!), undefined);
  const again = members.start("m-1", { takeoverDelayMs });
  for (let turn = 0; turn < 10; turn++) await settle();
  assert.deepEqual(ownedBy(again), bs);
  await again.membership.release();
  await clock.advance(66_000);
  assertOneEach(a!);
});

testCase(
  "without sharing has the oldest own all, and the next after it",
  async ({ members, clock }) => {
    const started: TestMember[] = [];
    for (const name of ["m-2", "m-1", "m-0"]) {
      started.push(members.start(name, { isShared: false }));
      await clock.advance(1_000);
    }
    const [oldest, next, youngest] = started;
    await clock.advance(15_000);
    assert.deepEqual(countsOf(...started), [uids.length, 0, 0]);
    assert.equal(next!.membership.state, "standby");
    assert.equal(next!.membership.ownerOf("uid-1"), "m-2");
    await oldest!.membership.release();
    await clock.advance(11_000);
    assert.deepEqual(countsOf(next!, youngest!), [uids.length, 0]);
    const again = members.start("m-2", { isShared: false });
    await clock.advance(30_000);
    assert.deepEqual(countsOf(next!, youngest!, again), [uids.length, 0, 0]);
  },
);

testCase(
  "orders by joining, not by clocks: one that is behind does not count as oldest",
  async (world) => {
    const { members, clock } = world;
    const a = members.start("m-0", { isShared: false });
    await clock.advance(10_000);
    const wallNow = () => clock.now() - 3_600_000;
    const b = members.start("m-1", { isShared: false, wallNow });
    await clock.advance(20_000);
    assert.deepEqual(countsOf(a, b), [uids.length, 0]);
  },
);

testCase("does not count members of another watch scope", async ({ members, clock }) => {
  const a = members.start("m-0");
  const b = members.start("m-1", { scope: { namespace: "", labelSelector: "shard=1" } });
  await clock.advance(20_000);
  assert.deepEqual(countsOf(a, b), [uids.length, uids.length]);
  assert.deepEqual(a.membership.peers(), []);
});

testCase("notices at once when it wakes that its lease has run out", async (world) => {
  const { members, clock } = world;
  const own = new ManualClock();
  const sleeper = members.start("m-1", { clock: own });
  const a = members.start("m-0");
  const step = async (ms: number) => void await Promise.all([clock.advance(ms), own.advance(ms)]);
  for (let time = 0; time < 15_000; time += 100) await step(100);
  assertOneEach(a, sleeper);
  const mayGoOn = sleeper.membership.hold(ownedBy(sleeper)[0]!);
  assert.equal(mayGoOn(), true);
  // Stopped: the clock of the machine goes on, and no timer fires.
  await clock.advance(40_000);
  assertOneEach(a);
  own.jump(40_000);
  assert.equal(sleeper.membership.mayWrite(), false);
  assert.equal(mayGoOn(), false);
  assert.equal(countsOf(sleeper)[0], 0);
  for (let time = 0; time < 15_000; time += 100) {
    await step(100);
    assert.ok(workersOf([a, sleeper]).every((count) => count <= 1), `${time}`);
  }
  assertOneEach(a, sleeper);
  assert.equal(mayGoOn(), false);
  await sleeper.membership.release();
  assert.equal(own.pending, 0);
});

testCase("does not mind when the wall clock jumps", async ({ members, clock }) => {
  let jump = 0;
  const a = members.start("m-0", { wallNow: () => clock.now() + jump });
  const b = members.start("m-1");
  await clock.advance(15_000);
  const told = [a.changes.length, b.changes.length];
  for (jump of [86_400_000, -86_400_000, -5_000, 0, 5_000]) {
    await clock.advance(20_000);
    assertOneEach(a, b);
  }
  assert.deepEqual([a.changes.length, b.changes.length], told);
});

testCase("is seen to renew though its wall clock stands still", async ({ members, clock }) => {
  const [a, b] = [members.start("m-0", { wallNow: () => 7 }), members.start("m-1")];
  await clock.advance(15_000);
  const told = b.changes.length;
  await clock.advance(60_000);
  assert.ok(countsOf(a, b).every((count) => count > 60), `${countsOf(a, b)}`);
  assertOneEach(a, b);
  assert.equal(b.changes.length, told);
});

const goLease = {
  ...{ name: goLeaderLease, labels: {}, annotations: {}, holder: "go_1" },
  ...{ durationMs: 15_000, acquiredAt: 1, renewedAt: 1, transitions: 0 },
};

testCase(
  "writes nothing while the Go leader is alive, and clears its Lease after",
  async (world) => {
    const { members, clock } = world;
    members.leases.plant(goLease);
    const a = members.start("m-0");
    await clock.advance(10_000);
    members.leases.plant({ ...goLease, renewedAt: 2 });
    await clock.advance(14_900);
    assert.equal(a.membership.state, "yielding");
    assert.equal(a.membership.mayWrite(), false);
    assert.deepEqual(countsOf(a), [0]);
    await clock.advance(5_200);
    assertOneEach(a);
    await clock.advance(5_000);
    assert.equal(await members.leases.read(goLeaderLease), undefined);
    members.leases.plant({ ...goLease, renewedAt: 3 });
    await clock.advance(5_000);
    assert.equal(a.membership.mayWrite(), false);
  },
);

testCase("does not wait for a Go leader that gave its Lease back", async ({ members }) => {
  members.leases.plant({ ...goLease, holder: "" });
  const a = members.start("m-0");
  for (let turn = 0; turn < 10; turn++) await settle();
  assertOneEach(a);
});

testCase(
  "clears the Leases of the long dead, and nobody takes that for a hand-over",
  async (world) => {
    const { members, clock } = world;
    const [a, b, c] = await joined(world, ["m-0", "m-1", "m-2"]);
    c!.leases.onCall = away;
    await clock.advance(160_000);
    assert.notEqual(await members.leases.read(leaseName("m-2")), undefined);
    const told = b!.changes.length;
    await clock.advance(20_000);
    assert.equal(await members.leases.read(leaseName("m-2")), undefined);
    assert.equal(b!.changes.length, told);
    assertOneEach(a!, b!);
  },
);

testCase("begins anew after somebody deleted its Lease", async (world) => {
  const [a] = await joined(world, ["m-0"]);
  const mayGoOn = a!.membership.hold("uid-1");
  const { leases } = world.members;
  await leases.delete((await leases.read(leaseName("m-0")))!);
  await world.clock.advance(10_000);
  assertOneEach(a!);
  assert.equal(mayGoOn(), false);
});

testCase("without the right to Leases waits for one lease, then goes on alone", async (world) => {
  const { members, clock } = world;
  const a = members.start("m-0", { isShared: false });
  a.leases.onCall = forbidden;
  await clock.advance(14_000);
  assert.equal(a.membership.mayWrite(), false);
  await clock.advance(2_000);
  assert.equal(a.membership.state, "alone");
  assertOneEach(a);
  assert.match(a.problems[0]!, /403/);
  a.leases.onCall = () => {};
  await clock.advance(10_000);
  assert.equal(a.membership.state, "member");
  assertOneEach(a);
});

for (
  const [name, isShared] of [["m-0", true], ["m-1", false]] as const
) {
  testCase(
    `without the right to Leases writes nothing as ${name}, shared: ${isShared}`,
    async (world) => {
      const a = world.members.start(name, { isShared });
      a.leases.onCall = forbidden;
      await world.clock.advance(120_000);
      assert.equal(a.membership.state, "refused");
      assert.equal(a.membership.mayWrite(), false);
      assert.deepEqual(countsOf(a), [0]);
    },
  );
}

testCase(
  "without the right to create a Lease writes nothing while it sees another member",
  async (world) => {
    const { members, clock } = world;
    members.start("m-9", { isShared: false });
    const a = members.start("m-0", { isShared: false });
    a.leases.onCall = (call) => call === "create" ? forbidden() : undefined;
    await clock.advance(60_000);
    assert.equal(a.membership.state, "refused");
    assert.deepEqual(countsOf(a), [0]);
  },
);

testCase("takes a right that is taken away for an outage", async (world) => {
  const [a] = await joined(world, ["m-0"]);
  a!.leases.onCall = forbidden;
  await world.clock.advance(60_000);
  assert.equal(a!.membership.state, "lapsed");
  assert.equal(a!.membership.mayWrite(), false);
});

testCase("lists peers as long as it cannot see that they ended", async (world) => {
  const [a] = await joined(world, ["m-0", "m-10", "m-2"]);
  a!.leases.onCall = away;
  await world.clock.advance(60_000);
  assert.deepEqual(a!.membership.peers().map(({ name }) => name), ["m-2", "m-10"]);
});
