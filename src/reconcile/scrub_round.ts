import type { Artifact } from "../core/artifact.ts";
import type { Clock } from "../core/clock.ts";
import type { ExternalSource } from "../core/external_source.ts";
import { pause } from "../core/pause.ts";
import type { SourceKey } from "../core/source_key.ts";
import { StepError } from "../core/step_error.ts";
import type { Objects } from "../objects/objects.ts";
import type { ArtifactStore, StoredInfo } from "../store/artifact_store.ts";
import { publishedArtifact } from "./published_artifact.ts";
import { type LostArtifact, repairArtifact, type RepairContext } from "./repair_artifact.ts";

/** What one round works with. */
export interface ScrubRoundContext extends RepairContext {
  readonly objects: Pick<Objects, "sources" | "artifacts">;
  /** With no cache in front of it: what is looked at must be what is stored. */
  readonly store: Pick<ArtifactStore, "stat" | "verify" | "delete">;
  /** Bytes a second, on average. */
  readonly settings: { readonly scrubRate: number };
  readonly clock: Clock;
  readonly random: () => number;
  /** Whether this process looks after what a source publishes. */
  readonly owns: (source: ExternalSource) => boolean;
  /** Whether the store is this process's alone: then the copies in it of what others own are looked at too. */
  readonly holdsCopies: boolean;
  /** Whether a source is to be fetched anyway, because a restart has lost its artifact: that it is missing is no news. */
  readonly isAwaited: (key: SourceKey) => boolean;
  /** Milliseconds to wait after so many failures in a row. */
  readonly backoff: (failures: number) => number;
  readonly onProblem: (action: string, error: unknown) => void;
  readonly signal: AbortSignal;
  /** The keys of artifacts that were found lost and are not stored again yet; the rounds keep it. */
  readonly known: Map<SourceKey, string>;
}

/** How often one artifact is looked at in one pass while the store does not answer for it. */
const maxTries = 10;

/**
 * Looks at every published artifact that is ours: first at existence and size of all, which costs little and finds what
 * consumers miss already, then at their digests. A store that does not answer is waited for: it has lost nothing yet.
 *
 * @returns whether the store answered for all of them; false too if `signal` aborts
 */
export async function scrubRound(context: ScrubRoundContext): Promise<boolean> {
  for (const key of context.known.keys()) {
    if (!context.objects.sources.get(key)) context.known.delete(key);
  }
  const isSized = await lookAtEach(context, compareSize);
  return await lookAtEach(context, compareDigest) && isSized;
}

/**
 * Looks at the bytes of one source's artifact now, because somebody found them wrong.
 *
 * @throws {StepError} class `storage` if the store does not answer
 */
export async function scrubOne(key: SourceKey, context: ScrubRoundContext): Promise<void> {
  await lookAt(key, compareDigest, context);
}

/** Whether the bytes behind a key are those of an artifact, as far as it looks. */
type Look = (
  artifact: Artifact,
  info: StoredInfo,
  context: ScrubRoundContext,
) => Promise<{ readonly isWhole: boolean; readonly bytesRead: number }>;

const compareSize: Look = async ({ size }, info) => ({ isWhole: info.size === size, bytesRead: 0 });

const compareDigest: Look = async ({ path, digest }, { size }, { store }) => ({
  isWhole: await store.verify(path, digest),
  bytesRead: size,
});

async function lookAtEach(context: ScrubRoundContext, look: Look): Promise<boolean> {
  const { signal, clock, backoff, onProblem } = context;
  const waiting = inOrder(context);
  const tries = new Map<SourceKey, number>();
  let isComplete = true;
  let failures = 0;
  for (const key of waiting) {
    if (signal.aborted) return false;
    try {
      await lookAt(key, look, context);
      failures = 0;
    } catch (error) {
      if (failures === 0) onProblem("compare the store with what is published", error);
      const count = (tries.get(key) ?? 0) + 1;
      tries.set(key, count);
      if (isStorageFailure(error) && count < maxTries) waiting.push(key);
      else isComplete = false;
      await pause(backoff(++failures), clock, signal);
    }
  }
  return isComplete && !signal.aborted;
}

/** From anywhere on: else a process that is restarted often would never come to the last ones. */
function inOrder({ objects, random }: ScrubRoundContext): SourceKey[] {
  const keys = [...objects.sources.keys()];
  const start = Math.floor(random() * keys.length);
  return [...keys.slice(start), ...keys.slice(0, start)];
}

async function lookAt(key: SourceKey, look: Look, context: ScrubRoundContext): Promise<void> {
  const { store, clock, settings: { scrubRate }, signal } = context;
  const published = publishedOf(key, context);
  if (!published) return;
  const { path } = published.artifact;
  const startedAt = clock.now();
  const info = await store.stat(path);
  const { isWhole, bytesRead } = info
    ? await look(published.artifact, info, context)
    : { isWhole: false, bytesRead: 0 };
  const isKnown = context.known.get(key) === path || context.isAwaited(key);
  const isNews = info !== undefined || (published.isOwn && !isKnown);
  // Replaced meanwhile, it may have been collected too.
  const isStill = publishedOf(key, context)?.artifact.path === path && !signal.aborted;
  if (isWhole) {
    context.known.delete(key);
  } else if (isNews && isStill) {
    const state = info ? { state: "corrupt", info } as const : { state: "missing" } as const;
    await repairArtifact({ ...published, ...state }, context);
    context.known.set(key, path);
  }
  const leftMs = bytesRead * 1_000 / scrubRate - (clock.now() - startedAt);
  if (leftMs > 0) await pause(leftMs, clock, signal);
}

/** What a source publishes; undefined if that is nothing, the Go implementation's, or others' to look after. */
function publishedOf(
  key: SourceKey,
  { objects, owns, holdsCopies }: ScrubRoundContext,
): Pick<LostArtifact, "source" | "artifact" | "isOwn"> | undefined {
  const source = objects.sources.get(key);
  const artifact = source && publishedArtifact(source);
  if (!artifact) return undefined;
  const isOwn = owns(source);
  return isOwn || holdsCopies ? { source, artifact, isOwn } : undefined;
}

function isStorageFailure(error: unknown): boolean {
  return error instanceof StepError && error.class === "storage";
}
