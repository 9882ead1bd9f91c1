import { hostname } from "node:os";
import { connectLeases } from "../objects/kube/connect_leases.ts";
import type { Log } from "../telemetry/log.ts";
import { type Members, memberStates, soleMember } from "../shard/members.ts";
import { Membership } from "../shard/membership.ts";
import { isReadOnly, watchedNamespace } from "./controller_place.ts";
import type { ControllerStart } from "./controller_start.ts";
import { ownAddress } from "./own_address.ts";
import { ReplicaWatch } from "./replica_watch.ts";
import { steadyClock } from "./steady_clock.ts";
import type { OperatorResources } from "./operator_resources.ts";
import { version } from "./version.ts";

/** What members tell each other of a server, and how they end. */
export interface MembersParts {
  /** Of the artifact server; undefined if it is off. */
  readonly port: number | undefined;
  readonly secure: boolean;
  readonly resources: Pick<OperatorResources, "defer">;
}

/** Replicas of one controller as one of them sees them. `release` is called after the last write. */
export interface OpenMembers {
  readonly members: Members;
  /** Counts and tells what this replica owns. */
  readonly replica: ReplicaWatch;
  release(): Promise<void>;
}

/** Joins the replicas of a controller (DESIGN §10); one that writes nothing takes no part. */
export function openMembers(start: ControllerStart, parts: MembersParts): OpenMembers {
  const { values, place, telemetry } = start;
  const log = telemetry.log.named("members");
  const { sources } = start.objects;
  const watch = (members: Members) =>
    new ReplicaWatch({ members, sources, log, metrics: telemetry.metrics });
  if (isReadOnly(values, place)) {
    return { members: soleMember, replica: watch(soleMember), release: () => Promise.resolve() };
  }
  const leases = connectLeases({
    credentials: start.credentials,
    clock: steadyClock,
    userAgent: `externalsource-controller/${version}`,
    namespace: values.podNamespace,
    requestMs: values.leaseDuration / 4,
    onCall: (call) => telemetry.metrics.apiRequested(call),
    onProblem: (message) => log.warn(message),
  });
  const membership = new Membership({
    leases,
    member: ownMember(values, parts),
    durationMs: values.leaseDuration,
    takeoverDelayMs: values.takeoverDelay,
    clock: steadyClock,
    wallNow: () => Date.now(),
    onProblem: (message) => log.warn(message),
  });
  start.writes.mayWrite = () => membership.mayWrite();
  tellStates(membership, log);
  const replica = watch(membership);
  membership.start();
  let releasing: Promise<void> | undefined;
  const release = () => releasing ??= membership.release().then(() => leases.close());
  parts.resources.defer(release);
  return { members: membership, replica, release };
}

function ownMember(
  values: ControllerStart["values"],
  { port, secure }: MembersParts,
): ConstructorParameters<typeof Membership>[0]["member"] {
  const name = values.podName || hostname();
  const address = values.podIp || ownAddress(Deno.networkInterfaces());
  return {
    name,
    identity: `${name}_${crypto.randomUUID()}`,
    scope: { namespace: watchedNamespace(values), labelSelector: values.watchLabelSelector },
    isShared: values.leaderElect,
    address: port === undefined || !address ? undefined : { hostname: address, port, secure },
  };
}

function tellStates(members: Members, log: Log): void {
  let { state } = members;
  members.onChange((change) => {
    if (change.state === state) return;
    state = change.state;
    log.info(memberStates[state], { state });
  });
}
