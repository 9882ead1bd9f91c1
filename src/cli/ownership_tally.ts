import type { ExternalSource } from "../core/external_source.ts";
import type { ObjectCache, ObjectChange } from "../objects/objects.ts";
import { type Handover, handoverOf } from "../shard/handover.ts";
import type { Members, MembersChange } from "../shard/members.ts";
import { emptyRing, isSameView, ownsIn, type Ring } from "../shard/ring.ts";

/** Changes that come before the sources are known; older ones say nothing of who works on what now. */
const maxEarly = 32;

/** How many sources changed hands in one change of the members. */
export interface OwnershipChange {
  /** By how they did; `begun`: nobody else had worked on them. */
  readonly counts: Readonly<Partial<Record<Handover | "begun", number>>>;
  /** How many this replica has now. */
  readonly owned: number;
  /** Among whom owners are chosen now, by name. */
  readonly members: readonly string[];
}

/** @see OwnershipTally */
export interface OwnershipTallyParts {
  readonly sources: Pick<ObjectCache<ExternalSource>, "get" | "keys">;
  /** Without a name all sources are ours. */
  readonly members: Pick<Members, "name">;
  /** Told of each change of the members that moved at least one source. */
  readonly onMove: (change: OwnershipChange) => void;
}

/**
 * Counts the sources that are ours: each as it comes or goes, and all of them only where the members change, so that it
 * costs nothing to ask.
 */
export class OwnershipTally {
  readonly #parts: OwnershipTallyParts;
  /** Undefined where there are no members. */
  #ring: Ring | undefined;
  #early: readonly MembersChange[] = [];
  #isStarted = false;
  #owned = 0;

  constructor(parts: OwnershipTallyParts) {
    this.#parts = parts;
    const { name } = parts.members;
    this.#ring = name === undefined ? undefined : emptyRing(name);
  }

  /** Sources that this replica works on. */
  get owned(): number {
    return this.#owned;
  }

  /** All sources are known from now on: what has moved before is told now. */
  start(): void {
    this.#isStarted = true;
    for (const change of this.#early) this.#tell(change);
    this.#early = [];
    const { sources } = this.#parts;
    this.#owned = 0;
    for (const key of sources.keys()) this.#owned += this.#weightOf(sources.get(key));
  }

  /** The members have changed. */
  membersChanged(change: MembersChange): void {
    this.#ring = change.after;
    if (!this.#isStarted) this.#early = [...this.#early, change].slice(-maxEarly);
    else if (!isSameShare(change)) this.#tell(change);
  }

  /** An object has changed. */
  objectChanged({ kind, before, after }: ObjectChange): void {
    if (!this.#isStarted || kind !== "ExternalSource") return;
    if (before?.metadata.uid === after?.metadata.uid) return;
    this.#owned += this.#weightOf(after) - this.#weightOf(before);
  }

  #weightOf(object: ObjectChange["before"]): number {
    if (!object) return 0;
    return !this.#ring || ownsIn(this.#ring, object.metadata.uid) ? 1 : 0;
  }

  #tell(change: MembersChange): void {
    const { sources, onMove } = this.#parts;
    const counts: Partial<Record<Handover | "begun", number>> = {};
    for (const key of sources.keys()) {
      const { metadata: { uid }, status: { owner } } = sources.get(key)!;
      const handover = handoverOf(change, { uid, owner });
      if (handover) counts[handover] = (counts[handover] ?? 0) + 1;
    }
    if (Object.keys(counts).length === 0) return;
    const { begun = 0, taken_over = 0, received = 0, given_away = 0, lost = 0 } = counts;
    this.#owned += begun + taken_over + received - given_away - lost;
    onMove({ counts, owned: this.#owned, members: change.after.candidates });
  }
}

/** Whether a change moves nothing, as when only an address of another replica is new. */
function isSameShare({ before, after }: MembersChange): boolean {
  const views = ({ contenders }: Ring) =>
    JSON.stringify(contenders.map(({ name, view }) => [name, view]));
  return isSameView(before.candidates, after.candidates) &&
    isSameView(before.announced, after.announced) && views(before) === views(after);
}
