import { legacyFinalizer } from "../core/api_names.ts";
import type { Artifact } from "../core/artifact.ts";
import type { ExternalSource } from "../core/external_source.ts";
import { type SourceKey, sourceKey } from "../core/source_key.ts";
import { ConflictError, NotFoundError, ObjectsUnavailableError } from "../objects/objects.ts";
import { failureOf } from "./error_policy.ts";
import { MakeArtifact, type MakeOptions } from "./make_artifact.ts";
import type { Outcome } from "./next_status.ts";
import { type Published, publishOutcome } from "./publish_outcome.ts";
import { planSource, type SourcePlan } from "./plan_source.ts";
import type { ReconcileContext } from "./reconcile_context.ts";
import { nextAttempt } from "./requeue.ts";
import type { ReconcileRun, Subject } from "./subject.ts";
import {
  initialMemory,
  type SourceMemories,
  type SourceMemory,
  type Unwritten,
} from "./source_memory.ts";
import { StatusWriter } from "./status_writer.ts";
import { storeAgain, type StoreAgainOptions } from "./store_again.ts";
import { type FetchReason, fetchReason, publishedArtifact, requestsOf } from "./trigger.ts";

/** How a reconcile ended, for the queue, the log and the metrics. */
export interface ReconcileResult {
  /** When to run again, in milliseconds since the epoch; undefined: when something changes. */
  readonly requeueAt: number | undefined;
  readonly outcome:
    | Outcome
    | { readonly kind: "gone" | "conflict" }
    /** The API server could not be written to; nothing of the outcome is visible yet. */
    | { readonly kind: "unwritten"; readonly error: unknown };
  /** Whether the upstream was asked. */
  readonly fetched: boolean;
  /** Whether the status was written. */
  readonly changed: boolean;
}

/**
 * One reconcile of one source (DESIGN §4): decides whether to fetch, lets the stages work, publishes, writes the status,
 * says when to run again. A failure of any step keeps what was published.
 *
 * @throws only if `run.signal` aborts
 */
export async function reconcileSource(
  key: SourceKey,
  context: ReconcileContext & { readonly memories: SourceMemories },
  run: ReconcileRun,
): Promise<ReconcileResult> {
  const { objects, memories } = context;
  const source = objects.sources.get(key);
  if (!source) return forget(key, memories);
  const known = memories.get(key);
  const memory = known?.uid === source.metadata.uid ? known : initialMemory(source, context);
  memories.set(key, memory);
  try {
    await releaseFinalizer(context, source);
    if (source.metadata.deletionTimestamp !== undefined) return forget(key, memories);
    const current = objects.sources.get(key) ?? source;
    return await attempt(context, { source: current, memory, run });
  } catch (error) {
    run.signal.throwIfAborted();
    return rewrite(context, memory, error);
  }
}

function forget(key: SourceKey, memories: SourceMemories): ReconcileResult {
  memories.delete(key);
  return { requeueAt: undefined, outcome: { kind: "gone" }, fetched: false, changed: false };
}

/** An API server that is back after a while must not wait for long for what happened meanwhile; milliseconds. */
const maxRewriteMs = 10_000;

/**
 * What failed is not the source but a write to the API server: nothing could be said in the status either. A lost race
 * is run again at once, from what the cache has by then.
 */
function rewrite(context: ReconcileContext, memory: SourceMemory, error: unknown): ReconcileResult {
  const conflict = error instanceof ConflictError || error instanceof NotFoundError;
  memory.lostWrites++;
  const asked = error instanceof ObjectsUnavailableError ? error.retryAfterMs : undefined;
  const isFirstRace = conflict && memory.lostWrites === 1;
  const backoff = Math.min(context.delays.backoff(memory.lostWrites), maxRewriteMs);
  const delay = isFirstRace ? 0 : asked ?? backoff;
  const outcome = conflict ? { kind: "conflict" } as const : { kind: "unwritten", error } as const;
  return { requeueAt: context.clock.now() + delay, outcome, fetched: false, changed: false };
}

async function attempt(context: ReconcileContext, subject: Subject): Promise<ReconcileResult> {
  const { source, memory, run } = subject;
  const writer = new StatusWriter(context, source);
  const { outcome, plan, work, handled } = await decide(context, subject, writer);
  if (work) {
    const { generation } = source.metadata;
    memory.unwritten = { generation, outcome, handled, next: undefined };
  }
  run.signal.throwIfAborted();
  const said = await publishOutcome(context, { source, memory, outcome });
  const next = memory.unwritten?.next ??
    nextAttempt(context, {
      source,
      memory,
      outcome: said.outcome,
      plan,
      fetched: memory.unwritten !== undefined,
    });
  if (memory.unwritten && outcome.kind === "failed") memory.unwritten.next = next;
  const changed = await writer.write(said.outcome, {
    handled,
    nextAttemptTime: next.attemptTime,
    artifact: said.written,
  });
  memory.unwritten = undefined;
  memory.lostWrites = 0;
  const requeueAt = isOvertaken(context, said) ? context.clock.now() : next.requeueAt;
  return { requeueAt, outcome: said.outcome, fetched: work === "fetch", changed };
}

/** Whether somebody wrote the ExternalArtifact after us: that change was taken for our own (`isPublishing`). */
function isOvertaken({ objects }: ReconcileContext, { written }: Published): boolean {
  const cached = written && objects.artifacts.get(sourceKey(written.metadata));
  return cached !== undefined &&
    cached.metadata.resourceVersion !== written?.metadata.resourceVersion;
}

/** What came of the stages. */
interface Decision {
  readonly outcome: Outcome;
  readonly plan: SourcePlan | undefined;
  /** What the stages did, if they ran: all of it, or only another put of what the store refused before. */
  readonly work: "fetch" | "store" | undefined;
  readonly handled: ReturnType<typeof requestsOf>;
}

async function decide(
  context: ReconcileContext,
  subject: Subject,
  writer: StatusWriter,
): Promise<Decision> {
  const { source, run } = subject;
  const { generators, settings: { minInterval } } = context;
  const artifact = publishedArtifact(source);
  const handled = requestsOf(source, context.objects.artifacts.get(writer.key));
  const unwritten = currentUnwritten(subject);
  let plan: SourcePlan | undefined;
  let work: Decision["work"];
  try {
    plan = planSource(source, { generators, minInterval });
    writer.warn(plan.warnings, subject.memory);
    const stored = artifact !== undefined && await isStored(context, artifact);
    const known = { ...subject, source: asAnswered(source, unwritten) };
    const reason = dueReason(context, known, { plan, writer, stored });
    if (!reason) {
      if (unwritten) return { ...unwritten, plan, work };
      const isSuspended = plan.spec.suspend === true;
      const outcome = { kind: "kept", artifact, isSuspended } as const;
      return { outcome, plan, work, handled: noneHandled };
    }
    const refused = refusedArtifact(context, subject.memory, reason);
    work = refused ? "store" : "fetch";
    const outcome = refused
      ? await storeAgain(context, subject, { writer, ...refused })
      : await new MakeArtifact(context, subject, { plan, writer, stored }).make();
    return { outcome, plan, work, handled };
  } catch (error) {
    run.signal.throwIfAborted();
    if (isWriteError(error)) throw error;
    const outcome = { kind: "failed", failure: failureOf(error), artifact } as const;
    return { outcome, plan, work, handled };
  }
}

/** What can be stored without asking the upstream; not if somebody wants it to be asked. */
function refusedArtifact(
  { held }: ReconcileContext,
  { unstored }: SourceMemory,
  reason: FetchReason,
): Pick<StoreAgainOptions, "unstored" | "file"> | undefined {
  const file = unstored && held(unstored.document.content.path);
  const isWanted = reason === "requested" || reason === "spec-changed";
  return file && !isWanted ? { unstored, file } : undefined;
}

/** What is left to be written of an earlier fetch; dropped once the spec is another. */
function currentUnwritten({ source, memory }: Subject): Unwritten | undefined {
  if (memory.unwritten?.generation !== source.metadata.generation) memory.unwritten = undefined;
  return memory.unwritten;
}

/** The source as it would be, had the outcome of its last fetch been written. */
function asAnswered(source: ExternalSource, unwritten: Unwritten | undefined): ExternalSource {
  if (!unwritten) return source;
  const { generation, handled } = unwritten;
  const { lastHandledReconcileAt, lastHandledArtifactReconcileAt } = source.status;
  const handledAt = {
    lastHandledReconcileAt: handled.source ?? lastHandledReconcileAt,
    lastHandledArtifactReconcileAt: handled.artifact ?? lastHandledArtifactReconcileAt,
  };
  const answered = Object.entries(handledAt).filter(([, value]) => value !== undefined);
  const status = { ...source.status, observedGeneration: generation };
  return { ...source, status: { ...status, ...Object.fromEntries(answered) } };
}

/** A suspended source is fetched once if a restart has lost what it publishes (DESIGN §3, `suspend`). */
function dueReason(
  context: ReconcileContext,
  { source, memory }: Subject,
  { plan, writer, stored }: MakeOptions,
): FetchReason | undefined {
  const artifact = context.objects.artifacts.get(writer.key);
  if (!plan.spec.suspend) {
    return fetchReason({ source, artifact, memory, stored, now: context.clock.now() });
  }
  const isLost = !stored && publishedArtifact(source) !== undefined &&
    memory.holdUntil <= context.clock.now();
  if (isLost) {
    const message = "fetching once although suspended: the store has lost the artifact";
    writer.warn([{ reason: "ArtifactLost", message }], memory);
  }
  return isLost ? "artifact-missing" : undefined;
}

const noneHandled: Decision["handled"] = { source: undefined, artifact: undefined };

/** Whether what failed is a write or a read of the API server, and not a stage. */
function isWriteError(error: unknown): boolean {
  return [ConflictError, NotFoundError, ObjectsUnavailableError].some((type) =>
    error instanceof type
  );
}

async function isStored(context: ReconcileContext, artifact: Artifact): Promise<boolean> {
  const info = await context.store.stat(artifact.path);
  return info !== undefined && info.size === artifact.size;
}

async function releaseFinalizer(context: ReconcileContext, source: ExternalSource): Promise<void> {
  if (!source.metadata.finalizers?.includes(legacyFinalizer)) return;
  try {
    await context.objects.removeFinalizer(source, legacyFinalizer);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error; // gone meanwhile: nothing left to release
  }
}
