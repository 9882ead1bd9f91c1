import type { Clock } from "../core/clock.ts";
import { StepError } from "../core/step_error.ts";
import type { Objects } from "../objects/objects.ts";
import { publishedArtifact } from "../reconcile/published_artifact.ts";
import type { ArtifactStore } from "../store/artifact_store.ts";

/** Artifacts that others are asked about at a time. */
const atOnce = 32;

/** What {@linkcode leaveCopies} works with. */
export interface LeaveCopiesParts {
  readonly objects: Pick<Objects, "sources">;
  /** Of this replica alone. */
  readonly store: Pick<ArtifactStore, "stat">;
  /** Has another replica hold an artifact; false if none does. */
  readonly leave: (key: string) => Promise<boolean>;
  /** None is begun with after so many milliseconds. */
  readonly patienceMs: number;
  readonly clock: Pick<Clock, "now">;
}

/** What became of the artifacts of a replica that ends. */
export interface LeftCopies {
  /** How many no other replica holds, as far as it was found out. */
  readonly lost: number;
  /** How many nobody was asked about, for want of time. */
  readonly unasked: number;
}

/**
 * Sees, before a replica with a store of its own ends, that others hold what is published and held here: its volume may go
 * with it. Who owns a source does not matter: the copies of an owner that has just begun may be on their way to it.
 */
export async function leaveCopies(
  { objects, store, leave, patienceMs, clock }: LeaveCopiesParts,
): Promise<LeftCopies> {
  const until = clock.now() + patienceMs;
  const keys = objects.sources.keys();
  let [lost, unasked] = [0, 0];
  const work = async () => {
    for (const key of keys) {
      const source = objects.sources.get(key);
      const path = source && publishedArtifact(source)?.path;
      if (path === undefined) continue;
      if (clock.now() >= until) unasked++;
      else if (await isHere(path, store) && !await leave(path)) lost++;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { lost, unasked };
}

/** A store that cannot be read has nothing that others could be given. */
async function isHere(key: string, store: LeaveCopiesParts["store"]): Promise<boolean> {
  try {
    return await store.stat(key) !== undefined;
  } catch (error) {
    if (error instanceof StepError) return false;
    throw error;
  }
}
