import { controllerName, group, managedByLabel } from "../core/api_names.ts";
import type { Peer } from "../core/peer.ts";
import type { Lease, LeaseWrite } from "../objects/leases.ts";
import { leaseName } from "./lease_name.ts";

/** Which sources a controller watches; empty: not narrowed. Members share sources only with those of the same scope. */
export interface WatchScope {
  readonly namespace: string;
  readonly labelSelector: string;
}

/** What a replica says of itself in its Lease. */
export interface Member {
  /** Most often of the pod. */
  readonly name: string;
  /** Tells two processes apart that run under one name. */
  readonly identity: string;
  readonly scope: WatchScope;
  /** Whether it shares the sources (`--leader-elect`); otherwise the oldest member owns all. */
  readonly isShared: boolean;
  /** Its artifact server, if it has one. */
  readonly address: Omit<Peer, "name" | "instance"> | undefined;
  /** Among whom it chooses the owner of a source; it works on those for which that is itself. */
  readonly view: readonly string[];
  /** When it became a member; only for who is older. Milliseconds since the epoch, by whichever clock. */
  readonly acquiredAt: number;
}

/** What is renewed with the Lease. */
export interface Term {
  readonly durationMs: number;
  readonly renewedAt: number;
  readonly transitions: number;
}

/** Of the Leases of members; other Leases of the namespace have other labels. */
export const memberLabels: Readonly<Record<string, string>> = {
  [managedByLabel]: controllerName,
  [`${group}/role`]: "member",
};

const annotation = {
  member: `${group}/member`,
  podIp: `${group}/pod-ip`,
  port: `${group}/artifact-port`,
  secure: `${group}/artifact-tls`,
  watchNamespace: `${group}/watch-namespace`,
  labelSelector: `${group}/watch-label-selector`,
  shared: `${group}/leader-elect`,
  view: `${group}/view`,
} as const;

const lastPort = 65_535;

/** The Lease of a member. */
export function memberLease(member: Member, term: Term): LeaseWrite {
  const { name, identity, scope, isShared, address, view, acquiredAt } = member;
  return {
    name: leaseName(name),
    labels: memberLabels,
    annotations: {
      [annotation.member]: name,
      [annotation.watchNamespace]: scope.namespace,
      [annotation.labelSelector]: scope.labelSelector,
      [annotation.shared]: `${isShared}`,
      [annotation.view]: JSON.stringify(view),
      ...(address && {
        [annotation.podIp]: address.hostname,
        [annotation.port]: `${address.port}`,
        [annotation.secure]: `${address.secure}`,
      }),
    },
    holder: identity,
    acquiredAt,
    ...term,
  };
}

/** What a Lease says of its member; undefined if it is not a member's. */
export function readMember({ annotations, holder, acquiredAt }: Lease): Member | undefined {
  const name = annotations[annotation.member];
  if (name === undefined || name === "") return undefined;
  return {
    name,
    identity: holder,
    scope: {
      namespace: annotations[annotation.watchNamespace] ?? "",
      labelSelector: annotations[annotation.labelSelector] ?? "",
    },
    isShared: annotations[annotation.shared] === "true",
    address: readAddress(annotations),
    view: readView(annotations[annotation.view]),
    acquiredAt,
  };
}

function readAddress(annotations: Lease["annotations"]): Member["address"] {
  const hostname = annotations[annotation.podIp] ?? "";
  const port = Number(annotations[annotation.port]);
  const isPort = Number.isInteger(port) && port > 0 && port <= lastPort;
  if (!/^[0-9a-fA-F:.]+$/.test(hostname) || !isPort) return undefined;
  return { hostname, port, secure: annotations[annotation.secure] === "true" };
}

function readView(text: string | undefined): readonly string[] {
  try {
    const view: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(view) ? view.filter((each) => typeof each === "string") : [];
  } catch {
    return [];
  }
}
