import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { MemoryMembers, type TestMember } from "../../tests/memory_members.ts";
import { seededRandom } from "../../tests/seeded_random.ts";
import { ObjectsUnavailableError } from "../objects/objects.ts";

const uids = Array.from({ length: 30 }, (_, index) => `uid-${index}`);
const names = ["m-0", "m-1", "m-2"];

/** A world of three replicas in which anything happens that a seed says. */
class Chaos {
  readonly clock = new ManualClock();
  readonly members = new MemoryMembers(this.clock);
  readonly live = new Map<string, TestMember>();
  readonly #random: () => number;
  readonly #isShared: boolean;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.#isShared = this.#random() < 0.7;
  }

  start(name: string): void {
    let jump = 0;
    const wallNow = () =>
      this.clock.now() + (this.#random() < 0.05 ? jump = this.#below(1e9) : jump);
    const member = this.members.start(name, { isShared: this.#isShared, wallNow });
    member.leases.onCall = () => this.#delay(3_000);
    member.leases.onAnswer = () => this.#delay(1_000);
    this.live.set(name, member);
  }

  /** One thing to one replica. */
  async disturb(): Promise<void> {
    const name = names[this.#below(names.length)]!;
    const member = this.live.get(name);
    if (!member) return this.start(name);
    const dice = this.#random();
    if (dice < 0.25) this.calm(member);
    else if (dice < 0.5) member.leases.onCall = away;
    else if (dice < 0.65) member.leases.onAnswer = away;
    else if (dice < 0.8) {
      this.live.delete(name);
      this.calm(member);
      const released = member.membership.release();
      await this.clock.advance(20_000);
      await released;
    }
  }

  calm({ leases }: TestMember): void {
    leases.onCall = () => {};
    leases.onAnswer = () => {};
  }

  pause(): number {
    return 100 + this.#below(12_000);
  }

  async #delay(most: number): Promise<void> {
    if (this.#random() < 0.5) return;
    await new Promise<void>((resolve) => this.clock.schedule(resolve, this.#below(most)));
  }

  #below(most: number): number {
    return Math.floor(this.#random() * most);
  }
}

function away(): void {
  throw new ObjectsUnavailableError("Cannot reach the API server");
}

const workersOf = (uid: string, chaos: Chaos) =>
  [...chaos.live.values()]
    .filter(({ membership }) => membership.owns(uid) && membership.mayWrite())
    .map(({ membership }) => membership.name);

/** Looks each 100 ms whether any source has two that work on it. */
async function run(chaos: Chaos, ms: number): Promise<void> {
  for (let time = 0; time < ms; time += 100) {
    await chaos.clock.advance(100);
    for (const uid of uids) {
      const workers = workersOf(uid, chaos);
      assert.ok(workers.length <= 1, `${uid}: ${workers} at ${chaos.clock.now()}`);
    }
  }
}

for (let seed = 1; seed <= 24; seed++) {
  Deno.test(`Membership has one replica at most work on a source, and one when all is well: seed ${seed}`, async () => {
    const chaos = new Chaos(seed);
    for (const name of names) chaos.start(name);
    for (let round = 0; round < 12; round++) {
      await run(chaos, chaos.pause());
      await chaos.disturb();
    }
    if (chaos.live.size === 0) chaos.start(names[0]!);
    for (const member of chaos.live.values()) chaos.calm(member);
    await run(chaos, 40_000);
    for (const uid of uids) assert.equal(workersOf(uid, chaos).length, 1, uid);
    const closed = chaos.members.close();
    await chaos.clock.advance(20_000);
    await closed;
  });
}
