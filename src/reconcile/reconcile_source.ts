import { legacyFinalizer } from "../core/api_names.ts";
import type { StoredContent } from "../core/artifact.ts";
import type { ExternalSource } from "../core/external_source.ts";
import { HostHeldError } from "../core/host_held_error.ts";
import { type SourceKey, sourceKey } from "../core/source_key.ts";
import { ConflictError, NotFoundError, ObjectsUnavailableError } from "../objects/objects.ts";
import { decideWork, unwrittenOf, type Work } from "./decide_work.ts";
import { keepHeld } from "./keep_held.ts";
import { failureOf } from "./error_policy.ts";
import { fenceSource } from "./fence_source.ts";
import { MakeArtifact, type MakeOptions } from "./make_artifact.ts";
import { failuresBefore } from "./failures_before.ts";
import { failuresAfter, type Handled, type Outcome } from "./next_status.ts";
import { type Published, publishOutcome } from "./publish_outcome.ts";
import { publishedArtifact } from "./published_artifact.ts";
import { planSource, type SourcePlan } from "./plan_source.ts";
import type { ReconcileContext } from "./reconcile_context.ts";
import { nextAttempt } from "./requeue.ts";
import type { ReconcileRun, Subject } from "./subject.ts";
import { initialMemory, type SourceMemories } from "./source_memory.ts";
import { StatusWriter } from "./status_writer.ts";
import { unfinishedPublication } from "./unfinished_publication.ts";
import { storeAgain } from "./store_again.ts";
import { requestsOf } from "./trigger.ts";

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
  /** Whether it was to be: a Secret that is missing, or a hook, may have come before. */
  readonly tried: boolean;
  /** Whether the status was written. */
  readonly changed: boolean;
  /** The upstream wants no request until then: the run is to go on as what it was. */
  readonly isHeld?: boolean;
}

type Ended = Omit<ReconcileResult, "fetched">;

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
  if (!source) return { ...forget(key, memories), fetched: false };
  const known = memories.get(key);
  const memory = known?.uid === source.metadata.uid ? known : initialMemory(source, context);
  memories.set(key, memory);
  const { requests } = memory;
  const ended = await reconcileKnown(context, { source, memory, run }, known !== undefined);
  return { ...ended, fetched: memory.requests > requests };
}

async function reconcileKnown(
  context: ReconcileContext & { readonly memories: SourceMemories },
  { source, memory, run }: Subject,
  isKnown: boolean,
): Promise<Ended> {
  const { objects, memories } = context;
  const key = sourceKey(source.metadata);
  try {
    await releaseFinalizer(context, source);
    if (source.metadata.deletionTimestamp !== undefined) return forget(key, memories);
    const released = objects.sources.get(key) ?? source;
    const current = await fenceSource(context, { source: released, memory });
    if (!isKnown) await resume(context, { source: current, memory });
    const subject = { source: current, memory, run };
    return await attempt(context, subject).catch((error) => {
      if (error instanceof HostHeldError) return keepHeld(context, subject, error);
      throw error;
    });
  } catch (error) {
    run.signal.throwIfAborted();
    return rewrite(context, { source, memory }, error);
  }
}

/** Goes on with what another process published and did not tell of any more, if that can be served. */
async function resume(
  context: ReconcileContext,
  { source, memory }: Pick<Subject, "source" | "memory">,
): Promise<void> {
  const artifact = context.objects.artifacts.get(sourceKey(source.metadata));
  const unfinished = unfinishedPublication(source, artifact);
  if (!unfinished) return;
  // A store that does not answer is no reason to go back: most likely it answers consumers soon.
  const isHeld = await isStored(context, unfinished.content).catch(() => true);
  if (isHeld) memory.lastDocument = unfinished;
}

function forget(key: SourceKey, memories: SourceMemories): Ended {
  memories.delete(key);
  return { requeueAt: undefined, outcome: { kind: "gone" }, tried: false, changed: false };
}

/** An API server that is back after a while must not wait for long for what happened meanwhile; milliseconds. */
const maxRewriteMs = 10_000;

/** An API server does not mend what it refuses as invalid: only a change of the object, or of the CRD, does. */
const statusRefused = {
  reason: "StatusRefused",
  message:
    "the API server refuses what is to be said of this object, most likely because it was stored under an " +
    "older CRD: write its spec anew; the log of the controller has what the API server said",
};

/**
 * What failed is not the source but a write to the API server: nothing could be said in the status either. A lost race
 * is run again at once, from what the cache has by then.
 */
function rewrite(
  context: ReconcileContext,
  { source, memory }: Pick<Subject, "source" | "memory">,
  error: unknown,
): Ended {
  const conflict = error instanceof ConflictError || error instanceof NotFoundError;
  memory.lostWrites++;
  const { retryAfterMs: asked, refusal } = error instanceof ObjectsUnavailableError
    ? error
    : {} as Partial<ObjectsUnavailableError>;
  const isInvalid = refusal === "invalid";
  if (isInvalid) new StatusWriter(context, source).warn([statusRefused], memory);
  const isFirstRace = conflict && memory.lostWrites === 1;
  const longest = isInvalid ? Infinity : maxRewriteMs;
  const backoff = Math.min(context.delays.backoff(memory.lostWrites), longest);
  const wait = asked === undefined ? backoff : Math.max(backoff, context.delays.asked(asked));
  const delay = isFirstRace ? 0 : wait;
  const outcome = conflict ? { kind: "conflict" } as const : { kind: "unwritten", error } as const;
  return { requeueAt: context.clock.now() + delay, outcome, tried: false, changed: false };
}

async function attempt(context: ReconcileContext, subject: Subject): Promise<Ended> {
  const { source, memory, run } = subject;
  const writer = new StatusWriter(context, source);
  const began = namedNow(context, writer.key);
  const unwritten = memory.unwritten = unwrittenOf(subject);
  const { outcome, plan, ran, handled } = await work(context, subject, writer);
  const before = failuresBefore({ source, memory, unwritten, isFollowed: ran !== undefined });
  if (ran) {
    const { generation } = source.metadata;
    memory.unwritten = { generation, outcome, handled, failures: before, next: undefined };
    if (outcome.kind === "failed") {
      // Before anything is written: the upstream is not asked again sooner because the API server is away as well.
      const failures = failuresAfter(before, outcome);
      memory.unwritten.next = nextAttempt(context, {
        memory,
        outcome,
        plan,
        failures,
        fetched: true,
      });
    }
  }
  run.signal.throwIfAborted();
  refuseOvertaken({ began, now: namedNow(context, writer.key), outcome }, memory);
  const said = await publishOutcome(context, { source, memory, outcome });
  const failures = failuresAfter(before, said.outcome);
  const fetched = memory.unwritten !== undefined;
  const next = memory.unwritten?.next ??
    nextAttempt(context, { memory, outcome: said.outcome, plan, failures, fetched });
  const changed = await writer.write(said.outcome, {
    handled,
    failures,
    wait: next.wait,
    artifact: said.written,
  });
  memory.unwritten = undefined;
  memory.failures = failures;
  memory.lostWrites = 0;
  const requeueAt = isOvertaken(context, said) ? context.clock.now() : next.requeueAt;
  return { requeueAt, outcome: said.outcome, tried: ran === "fetch", changed };
}

/** The artifact key that the ExternalArtifact names. */
function namedNow({ objects }: ReconcileContext, key: SourceKey): string | undefined {
  return objects.artifacts.get(key)?.status.artifact?.path;
}

/**
 * What a reconcile made may be older than what somebody else has published since it began; it is made anew.
 *
 * @throws {ConflictError} if somebody has
 */
function refuseOvertaken(
  { began, now, outcome }: {
    readonly began: string | undefined;
    readonly now: string | undefined;
    readonly outcome: Outcome;
  },
  memory: Subject["memory"],
): void {
  if (began === undefined || [began, undefined, outcome.artifact?.path].includes(now)) return;
  [memory.unwritten, memory.lastDocument] = [undefined, undefined];
  if (outcome.kind === "published") memory.nextFetchAt = 0;
  throw new ConflictError(`Cannot publish over "${now}": somebody else did meanwhile`);
}

/** Whether somebody wrote the ExternalArtifact after us: that change was taken for our own (`isPublishing`). */
function isOvertaken({ objects }: ReconcileContext, { written }: Published): boolean {
  const cached = written && objects.artifacts.get(sourceKey(written.metadata));
  return cached !== undefined &&
    cached.metadata.resourceVersion !== written?.metadata.resourceVersion;
}

/** What came of the work of a reconcile. */
interface Worked {
  readonly outcome: Outcome;
  readonly plan: SourcePlan | undefined;
  /** What the stages did, if they ran: all of it, or only another put of what the store refused before. */
  readonly ran: "fetch" | "store" | undefined;
  readonly handled: Handled;
}

async function work(
  context: ReconcileContext,
  subject: Subject,
  writer: StatusWriter,
): Promise<Worked> {
  const { source, memory, run } = subject;
  const { objects, clock } = context;
  const published = publishedArtifact(source);
  const artifact = objects.artifacts.get(writer.key);
  const handled = requestsOf(source, artifact);
  let plan: SourcePlan | undefined;
  let ran: Worked["ran"];
  try {
    plan = planSource(source, { ...context.settings, generators: context.generators });
    writer.warn(plan.warnings, memory);
    const isSuspended = plan.spec.suspend === true;
    const stored = published !== undefined && await isStored(context, published);
    const file = memory.unstored && context.held(memory.unstored.document.content.path);
    const rules = memory.refusedUnder === undefined ? undefined : context.hooks.rules();
    const now = clock.now();
    const todo = decideWork({ source, artifact, memory, isSuspended, stored, file, rules, now });
    if (todo.kind === "write") return { ...todo.unwritten, plan, ran };
    if (todo.kind === "keep") {
      const outcome = { kind: "kept", artifact: published, isSuspended } as const;
      return { outcome, plan, ran, handled: noneHandled };
    }
    if (isSuspended) writer.warn([fetchedAlthoughSuspended], memory);
    ran = todo.kind;
    const outcome = await carryOut(context, subject, { plan, writer, stored, lookedAt: now, todo });
    return { outcome, plan, ran, handled };
  } catch (error) {
    run.signal.throwIfAborted();
    const isHeld = error instanceof HostHeldError;
    if (isHeld && memory.unwritten) return { ...memory.unwritten, plan, ran: undefined };
    if (isHeld || isWriteError(error)) throw error;
    const failure = failureOf(error);
    return { outcome: { kind: "failed", failure, artifact: published }, plan, ran, handled };
  }
}

function carryOut(
  context: ReconcileContext,
  subject: Subject,
  { todo, ...options }: MakeOptions & {
    readonly todo: Extract<Work, { readonly kind: "fetch" | "store" }>;
  },
): Promise<Outcome> {
  return todo.kind === "store"
    ? storeAgain(context, subject, { writer: options.writer, ...todo })
    : new MakeArtifact(context, subject, options).make();
}

const noneHandled: Handled = { source: undefined, artifact: undefined };

const fetchedAlthoughSuspended = {
  reason: "ArtifactLost",
  message: "fetching once although suspended: the store has lost the artifact",
};

/** Whether what failed is a write or a read of the API server, and not a stage. */
function isWriteError(error: unknown): boolean {
  return [ConflictError, NotFoundError, ObjectsUnavailableError].some((type) =>
    error instanceof type
  );
}

async function isStored(context: ReconcileContext, artifact: StoredContent): Promise<boolean> {
  const info = await context.store.stat(artifact.path);
  if (info !== undefined && info.size === artifact.size) return true;
  return await context.copies.recover(artifact);
}

async function releaseFinalizer(context: ReconcileContext, source: ExternalSource): Promise<void> {
  if (!source.metadata.finalizers?.includes(legacyFinalizer)) return;
  try {
    await context.objects.removeFinalizer(source, legacyFinalizer);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error; // gone meanwhile: nothing left to release
  }
}
