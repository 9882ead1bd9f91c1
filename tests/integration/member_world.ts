import { systemClock } from "../../src/cli/system_clock.ts";
import { steadyClock } from "../../src/cli/steady_clock.ts";
import { connectLeases } from "../../src/objects/kube/connect_leases.ts";
import type { CredentialSource } from "../../src/objects/kube/credentials.ts";
import type { KubeLeases } from "../../src/objects/kube/kube_leases.ts";
import { Membership } from "../../src/shard/membership.ts";
import type { MembersChange } from "../../src/shard/members.ts";

/** The shortest lease that the settings allow. */
export const durationMs = 3_000;

/** A member that holds its Lease in a real API server. */
export interface KubeMember {
  readonly membership: Membership;
  readonly leases: KubeLeases;
  readonly changes: readonly MembersChange[];
  readonly problems: readonly string[];
  /** Methods of the calls so far. */
  readonly calls: readonly string[];
}

/** Who it is, and how it reaches the API server. */
export interface KubeMemberOptions {
  readonly name: string;
  readonly namespace: string;
  readonly credentials: CredentialSource;
  readonly isShared?: boolean;
  readonly wallNow?: () => number;
}

/** Starts a member; `release()` and `close()` it. */
export function startMember(options: KubeMemberOptions): KubeMember {
  const { name, namespace, credentials, isShared = true, wallNow = systemClock.now } = options;
  const [calls, problems]: [string[], string[]] = [[], []];
  const changes: MembersChange[] = [];
  const leases = connectLeases({
    ...{ credentials, namespace, userAgent: "test", clock: steadyClock },
    requestMs: durationMs * 4 / 15,
    onCall: ({ method }) => void calls.push(method),
  });
  const membership = new Membership({
    ...{ leases, durationMs, takeoverDelayMs: 0, clock: steadyClock, wallNow },
    member: {
      ...{ name, identity: `${name}_${crypto.randomUUID()}`, isShared },
      scope: { namespace: "", labelSelector: "" },
      address: { hostname: "127.0.0.1", port: 8080, secure: false },
    },
    onProblem: (message) => void problems.push(message),
  });
  membership.onChange((change) => void changes.push(change));
  membership.start();
  return { membership, leases, changes, problems, calls };
}
