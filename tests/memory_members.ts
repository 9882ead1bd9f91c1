import { Membership, type MembershipOptions } from "../src/shard/membership.ts";
import type { MembersChange } from "../src/shard/members.ts";
import type { ManualClock } from "./manual_clock.ts";
import { type LeasesClient, MemoryLeases } from "./memory_leases.ts";

/** A member of a test, and what it told. */
export interface TestMember {
  readonly membership: Membership;
  readonly leases: LeasesClient;
  readonly changes: readonly MembersChange[];
  readonly problems: readonly string[];
}

/** What a test says of a member. */
export type TestMemberOptions =
  & Partial<MembershipOptions["member"]>
  & Partial<Pick<MembershipOptions, "clock" | "wallNow" | "durationMs" | "takeoverDelayMs">>;

/** Members of one namespace whose Leases are in memory, all with one clock unless they bring their own. */
export class MemoryMembers {
  readonly leases = new MemoryLeases();
  readonly #clock: ManualClock;
  readonly #members: TestMember[] = [];
  #identities = 0;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  /** Starts one; nothing of it has come through yet. */
  start(name: string, options: TestMemberOptions = {}): TestMember {
    const { clock = this.#clock, wallNow = () => clock.now(), ...rest } = options;
    const { durationMs = 15_000, takeoverDelayMs = 0, ...member } = rest;
    const leases = this.leases.client();
    const problems: string[] = [];
    const changes: MembersChange[] = [];
    const membership = new Membership({
      ...{ leases, durationMs, takeoverDelayMs, clock, wallNow },
      member: {
        ...{ name, identity: `${name}_${++this.#identities}`, isShared: true },
        scope: { namespace: "", labelSelector: "" },
        address: { hostname: "127.0.0.1", port: 8080, secure: false },
        ...member,
      },
      onProblem: (message) => void problems.push(message),
    });
    membership.onChange((change) => void changes.push(change));
    membership.start();
    const started = { membership, leases, changes, problems };
    this.#members.push(started);
    return started;
  }

  /** Ends all that still run. */
  async close(): Promise<void> {
    for (const { membership } of this.#members) await membership.release();
  }
}
