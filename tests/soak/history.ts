/** Kinds that carry `status.artifact`. */
export type PublishingKind = "ExternalSource" | "ExternalArtifact";

/** Moments are milliseconds since the recording began, of one clock that never steps. */
type Moment = number;

/** A document became another one. */
export interface DocumentChange {
  readonly at: Moment;
  readonly name: string;
  /** Counted by the upstream: each document of a name has a higher one than that before. */
  readonly version: number;
}

/** A version of an object, as a watch of the API server told it. */
export interface ObjectVersion {
  readonly at: Moment;
  readonly kind: PublishingKind;
  readonly name: string;
  /** etcd's revision: of two versions the later one has the higher number, whoever wrote them and whenever they were seen. */
  readonly resourceVersion: number;
  /** Of what it publishes; undefined if that is nothing. */
  readonly digest: string | undefined;
  readonly url: string | undefined;
  /** Which laws of a status it breaks. */
  readonly broken?: string;
}

/** One answer to a GET, or none. */
export type Attempt =
  | { readonly kind: "whole"; readonly digest: string }
  | { readonly kind: "status"; readonly status: number; readonly hasRetryAfter: boolean }
  | { readonly kind: "silent"; readonly afterMs: number }
  | { readonly kind: "broken"; readonly why: string };

/** A download of what was published, with what was tried again. */
export interface Poll {
  readonly from: Moment;
  readonly until: Moment;
  readonly name: string;
  readonly url: string;
  /** That was published with the URL. */
  readonly digest: string;
  /** In the order of time, each over a connection of its own; the last one is whole unless patience ran out. */
  readonly attempts: readonly Attempt[];
}

/** Something was done to the world, and undone. */
export interface Trouble {
  readonly from: Moment;
  /** When its cause was gone: a replica ready again, a link mended. Infinity while it lasts. */
  readonly until: Moment;
  readonly what: string;
  /** Whether documents cannot come through meanwhile, whoever owns them; of one upstream, which. */
  readonly keepsFrom?: "all" | { readonly origin: number };
}

/** What a replica held at a moment. */
export interface UsageSample {
  readonly at: Moment;
  readonly replica: string;
  readonly descriptors: number;
  readonly mebibytes: number;
}

/** All that was seen of a run from outside. */
export interface RunHistory {
  readonly changes: readonly DocumentChange[];
  readonly versions: readonly ObjectVersion[];
  /** Those that had not at once what was promised; of the others only the number is kept. */
  readonly polls: readonly Poll[];
  readonly pollsDone: number;
  readonly troubles: readonly Trouble[];
  readonly usage: readonly UsageSample[];
  /** Versions of documents by the digest of the archive that they were found in. */
  readonly documents: ReadonlyMap<string, { readonly name: string; readonly version: number }>;
  readonly endedAt: Moment;
}
