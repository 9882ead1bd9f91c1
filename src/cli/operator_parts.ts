import type { Clock } from "../core/clock.ts";
import type { SourceKey } from "../core/source_key.ts";
import type { Objects } from "../objects/objects.ts";
import type { LimitsObserver } from "../queue/limits_observer.ts";
import type { QueueObserver } from "../queue/queue_observer.ts";
import type { ReconcileContext } from "../reconcile/reconcile_context.ts";
import type { ReconcileResult } from "../reconcile/reconcile_source.ts";
import type { Repair } from "../reconcile/repair_artifact.ts";
import type { ScrubContext } from "../reconcile/scrub_store.ts";
import type { StoreOwner } from "../reconcile/store_owner.ts";
import type { ReplicaRole } from "./replica_role.ts";

/** The settings of an operator; times in milliseconds. */
export interface OperatorSettings {
  readonly minInterval: number;
  readonly startupSpread: number;
  readonly concurrent: number;
  readonly maxRequests: number;
  readonly maxSourceSize: number;
  readonly hookTimeout: number;
  readonly retryMaxAttempts: number;
  readonly retryBaseDelay: number;
  readonly retryMaxDelay: number;
  readonly retryJitterFactor: number;
  readonly artifactRetentionTtl: number;
  readonly artifactRetentionRecords: number;
  /** The only namespace that is watched; empty: all. */
  readonly watchNamespace: string;
  readonly spoolDirectory: string;
  readonly scrubRate: number;
  readonly scrubInterval: number;
}

/** What an operator is made of. */
export interface OperatorParts {
  readonly objects: Objects;
  readonly stages: Pick<
    ReconcileContext,
    "generators" | "hooks" | "pack" | "store" | "held" | "copies" | "urlOf"
  >;
  readonly role: ReplicaRole;
  /** The store with nothing in front of it, for comparing it with what is published. */
  readonly bareStore: ScrubContext["store"];
  /** Whether it may delete; undefined where the store cannot be another cluster's. */
  readonly storeOwner: StoreOwner | undefined;
  readonly settings: OperatorSettings;
  readonly clock: Clock;
  /** One that nobody can set, for what an upstream asks for. */
  readonly steadyClock: Clock;
  readonly random: () => number;
  readonly recordEvent: ReconcileContext["recordEvent"];
  readonly queueObserver: QueueObserver<SourceKey>;
  readonly limitsObserver?: LimitsObserver;
  /** Wraps each reconcile: log and metrics. */
  readonly observe: (
    key: SourceKey,
    reconcile: () => Promise<ReconcileResult>,
  ) => Promise<ReconcileResult>;
  /** Something beside a reconcile failed; it will be tried again. */
  readonly onProblem: (action: string, error: unknown) => void;
  /** The store did not have what is published, and what became of that. */
  readonly onRepair: (repair: Repair) => void;
  /** Every source is in the cache now. */
  readonly onSynced?: () => void;
  /** A source is gone, or another replica's: what is remembered of it elsewhere can go too. */
  readonly onForgotten: (key: SourceKey) => void;
}
