import type { SettingValues } from "../core/setting.ts";
import type { SourceKey } from "../core/source_key.ts";
import type { Generator } from "../generate/generator.ts";
import { forwardedObjects } from "../objects/forwarded_objects.ts";
import type { Objects } from "../objects/objects.ts";
import { packDocument } from "../pack/pack_document.ts";
import type { ReconcileContext } from "../reconcile/reconcile_context.ts";
import type { ReconcileResult } from "../reconcile/reconcile_source.ts";
import { StoreOwner, type StoreOwnerOptions } from "../reconcile/store_owner.ts";
import type { FallbackStore } from "../store/fallback_store.ts";
import type { retentionSettings } from "../store/retention_settings.ts";
import type { scrubSettings } from "../store/scrub_settings.ts";
import type { hookSettings } from "../config/settings/hook_settings.ts";
import type { reconcileSettings } from "../config/settings/reconcile_settings.ts";
import { HookReports } from "./hook_reports.ts";
import {
  measuredGenerator,
  measuredPack,
  measuredStore,
  type StageObserver,
} from "./measured_stages.ts";
import { measuredHooks } from "./measured_hooks.ts";
import type { OpenHooks } from "./open_hooks.ts";
import { Operator } from "./operator.ts";
import type { OperatorParts } from "./operator_parts.ts";
import { protectingReader } from "./protect_secrets.ts";
import type { ReplicaRole } from "./replica_role.ts";
import type { ReplicaWatch } from "./replica_watch.ts";
import { observeRepairs } from "./repair_observer.ts";
import { observeLimits, observeQueue, observeRuns } from "./run_observer.ts";
import { steadyClock } from "./steady_clock.ts";
import { slewedClock } from "./slewed_clock.ts";
import type { Telemetry } from "./telemetry.ts";

/** The settings of an operator, whatever its objects are. */
export type OperatorValues = SettingValues<
  typeof reconcileSettings & typeof hookSettings & typeof retentionSettings & typeof scrubSettings
>;

/** What differs between the operator of a cluster and that of a folder. */
export interface OperatorPlace {
  readonly objects: Objects;
  readonly store: FallbackStore;
  readonly generators: Readonly<Record<string, Generator>>;
  readonly hooks: OpenHooks;
  readonly values: OperatorValues;
  readonly telemetry: Telemetry;
  readonly role: ReplicaRole;
  readonly bareStore: OperatorParts["bareStore"];
  /** How artifacts are published and copied. */
  readonly delivery: Pick<OperatorParts["stages"], "copies" | "urlOf">;
  readonly spoolDirectory: string;
  readonly watchNamespace: string;
  readonly recordEvent: ReconcileContext["recordEvent"];
  /** Whether `objects` write nothing. */
  readonly isReadOnly?: boolean;
  /** Counts what is ours; without others everything is. */
  readonly replica?: Pick<ReplicaWatch, "start" | "objectChanged">;
  /** What decides whether the store is ours; none where it cannot be another cluster's. */
  readonly owner?: Pick<StoreOwnerOptions, "selector" | "readClusterUid" | "adopt">;
  /** Told of each reconcile after it was logged. */
  readonly onOutcome?: (key: SourceKey, result: ReconcileResult) => void;
}

/** An operator whose stages are measured and whose secrets are kept out of what it says. */
export function createOperator(place: OperatorPlace): Operator {
  const { objects, store, values, spoolDirectory, watchNamespace } = place;
  const { log, metrics, redactor } = place.telemetry;
  const clock = slewedClock;
  const readSecret = protectingReader(objects, redactor);
  const own = log.named("controller");
  const hookReports = new HookReports({ log: own, metrics });
  const operator = new Operator({
    objects: { ...watchedObjects(place), readSecret },
    onSynced: () => place.replica?.start(),
    stages: stagesOf(place, hookReports),
    role: place.role,
    bareStore: place.bareStore,
    onRepair: observeRepairs({ log: own, metrics }),
    storeOwner: place.owner &&
      new StoreOwner({ ...place.owner, store, onRefused: (message) => own.warn(message) }),
    settings: { ...values, spoolDirectory, watchNamespace },
    ...{ clock, steadyClock },
    random: Math.random,
    recordEvent: place.recordEvent,
    queueObserver: observeQueue({ log: own, metrics }),
    limitsObserver: observeLimits(metrics),
    observe: observeRuns({
      ...{ clock, log: own, metrics, isReadOnly: place.isReadOnly ?? false },
      ...{ sourceOf: (key) => objects.sources.get(key), wallNow: () => Date.now() },
      hooksOf: (key) => hookReports.take(key),
      onOutcome: place.onOutcome ?? (() => {}),
      isOurs: (uid) => place.role.members.owns(uid),
    }),
    onProblem: (action, error) => own.error(`cannot ${action}`, { error }),
    onForgotten: (key) => metrics.forgetSource(key),
  });
  place.hooks.onWhitelist(() => operator.retryRefused());
  return operator;
}

function watchedObjects({ objects, replica }: OperatorPlace): Objects {
  const forwarded = forwardedObjects(objects);
  if (!replica) return forwarded;
  const watch: Objects["watch"] = (onChange, signal) =>
    objects.watch((change) => {
      replica.objectChanged(change);
      onChange(change);
    }, signal);
  return { ...forwarded, watch };
}

function stagesOf(place: OperatorPlace, hookReports: HookReports): OperatorParts["stages"] {
  const { store, generators, hooks, delivery, telemetry: { metrics } } = place;
  const clock = slewedClock;
  const measuring = { clock, observer: stageObserver(metrics) };
  const measuredGenerators = Object.entries(generators)
    .map(([type, each]) => [type, measuredGenerator(each, type, measuring)] as const);
  return {
    generators: Object.fromEntries(measuredGenerators),
    hooks: measuredHooks(hooks.stage, { clock, onRun: (run) => hookReports.ran(run) }),
    pack: measuredPack(packDocument, measuring),
    store: measuredStore(store, measuring),
    held: (key) => store.held(key),
    ...delivery,
  };
}

function stageObserver(metrics: Telemetry["metrics"]): StageObserver {
  return {
    sourceRequest: (sourceType, success, seconds) =>
      metrics.requested({ sourceType, success, seconds }),
    artifactOperation: (operation, success, seconds) =>
      metrics.artifactOperation({ operation, success, seconds }),
  };
}
