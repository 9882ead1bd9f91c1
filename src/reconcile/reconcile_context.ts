import type { Artifact } from "../core/artifact.ts";
import type { Clock } from "../core/clock.ts";
import type { Document } from "../core/document.ts";
import type { HostLimits } from "../core/host_limits.ts";
import type { ObjectEvent } from "../core/object_event.ts";
import type { Priority } from "../core/priority.ts";
import type { SourceKey } from "../core/source_key.ts";
import type { Generator } from "../generate/generator.ts";
import type { HookStage } from "../hooks/hook_stage.ts";
import type { Objects } from "../objects/objects.ts";
import type { PackOptions } from "../pack/pack_document.ts";
import type { PackedArtifact } from "../pack/packed_artifact.ts";
import type { ArtifactFile, ArtifactStore } from "../store/artifact_store.ts";
import type { ArtifactCopies } from "./artifact_copies.ts";
import type { Ownership } from "./ownership.ts";

/** Who asks for a request in flight. */
export interface RequestSlot {
  readonly namespace: string;
  readonly host: string;
  readonly priority: Priority;
  /** Milliseconds since the run was due. */
  readonly lateMs: number;
}

/** How a request ended, for the window of its host. */
export type RequestResult = "success" | "timeout" | "failure";

/** How long to wait, in milliseconds. Owned by `queue/`; jitter included. */
export interface Delays {
  /** Before retry number `failures`, counted from 1. */
  backoff(failures: number): number;
  /** Likewise, for a Secret that is not there. */
  secretBackoff(failures: number): number;
  /** At least as long as the API server asks for, which asks the same of everyone. */
  asked(askedMs: number): number;
  /** Until the next run of an interval. */
  interval(intervalMs: number): number;
  /** Until the first run after a start, for a source that is already published. */
  spread(key: SourceKey, intervalMs: number): number;
}

/** The settings that a reconcile obeys. */
export interface ReconcileSettings {
  /** Milliseconds. */
  readonly minInterval: number;
  /** Failed reconciles until a source stalls. */
  readonly maxAttempts: number;
  /** Bytes above which a document, also one that a hook made, is refused. */
  readonly maxSourceSize: number;
  /** Of a hook that names no time-out, in milliseconds. */
  readonly hookTimeout: number;
}

/** Everything a reconcile touches; the stages come wrapped by telemetry. */
export interface ReconcileContext {
  readonly objects: Objects;
  readonly ownership: Ownership;
  /** By the `type` that users write. */
  readonly generators: Readonly<Record<string, Generator>>;
  readonly hooks: HookStage;
  readonly pack: (document: Document, options: PackOptions) => Promise<PackedArtifact>;
  readonly store: ArtifactStore;
  /** An artifact that the store refused, to be put again; undefined if it is not kept (any more). */
  readonly held: (key: string) => ArtifactFile | undefined;
  readonly copies: ArtifactCopies;
  /** Where consumers are told to download a key of a source that publishes `published` now. */
  readonly urlOf: (key: string, published: Artifact | undefined) => string;
  readonly settings: ReconcileSettings;
  readonly clock: Clock;
  /** Path of a file that does not exist yet; nothing of it outlives a reconcile. */
  readonly newSpoolFile: () => string;
  readonly delays: Delays;
  /**
   * Waits for room among the requests in flight; aborting leaves nothing behind. What is returned gives the slot back, with
   * what the answer said of its host.
   *
   * @throws {HostHeldError} if the host wants no request for long
   */
  readonly requestSlot: (
    slot: RequestSlot,
    signal: AbortSignal,
  ) => Promise<(result: RequestResult, limits: HostLimits | undefined) => void>;
  /** Waits for a worker: bounds hooks, pack and store. */
  readonly workerSlot: (priority: Priority, signal: AbortSignal) => Promise<() => void>;
  /** The same for one run of a hook of a namespace, of which no namespace gets all. */
  readonly hookSlot: (
    slot: Pick<RequestSlot, "namespace" | "priority">,
    signal: AbortSignal,
  ) => Promise<() => void>;
  readonly recordEvent: (event: ObjectEvent) => void;
  /** Asks for a collection of a source's garbage when its time has come. */
  readonly collectLater: (key: SourceKey, replaced: Artifact | undefined) => void;
}
