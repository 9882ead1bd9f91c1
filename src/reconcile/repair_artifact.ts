import type { Artifact } from "../core/artifact.ts";
import type { Clock } from "../core/clock.ts";
import type { ExternalSource } from "../core/external_source.ts";
import type { ObjectEvent } from "../core/object_event.ts";
import { type SourceKey, sourceKey } from "../core/source_key.ts";
import type { Objects } from "../objects/objects.ts";
import type { ArtifactStore, StoredInfo } from "../store/artifact_store.ts";
import { addressEvent } from "./outcome_events.ts";

/** S3 tells whole seconds, so within the second of a put it spares what was put (`S3Store.delete`); milliseconds. */
const secondMs = 1_000;

/** How a store fails a published artifact: it has other bytes under its key, or none. */
export type LostState = "corrupt" | "missing";

/** A published artifact that the store does not have as it was published. */
export type LostArtifact =
  & {
    readonly source: ExternalSource;
    readonly artifact: Artifact;
    /** Whether this process owns the source; else it is a copy, which others do not depend on. */
    readonly isOwn: boolean;
  }
  & ({ readonly state: "missing" } | { readonly state: "corrupt"; readonly info: StoredInfo });

/** What became of it: for the log and the metrics. */
export interface Repair {
  readonly key: SourceKey;
  readonly artifact: Artifact;
  readonly state: LostState;
  /** Whether the right bytes are back already; else the source is fetched, unless another process owns it. */
  readonly recovered: boolean;
}

/** What a repair works with. */
export interface RepairContext {
  readonly objects: Pick<Objects, "artifacts">;
  readonly store: Pick<ArtifactStore, "delete">;
  readonly clock: Pick<Clock, "now">;
  /** Puts the right bytes back from elsewhere, without a fetch; false if nobody has them. Never rejects. */
  readonly recover: (artifact: Artifact) => Promise<boolean>;
  /**
   * Nobody has the right bytes: what is believed of the key is to be forgotten and, if this process owns the source by now, it
   * is to be fetched.
   */
  readonly onLost: (key: SourceKey, lost: LostArtifact) => void | Promise<void>;
  readonly onRepair: (repair: Repair) => void;
  readonly recordEvent: (event: ObjectEvent) => void;
}

/**
 * Removes wrong bytes, which consumers would refuse anyway, and gets the right ones back, or else has the source fetched;
 * says so in an event. Nothing happens if the artifact was put again more than a second after the put that was looked at.
 *
 * @throws {StepError} class `storage` if the wrong bytes cannot be removed; nothing was told then
 */
export async function repairArtifact(lost: LostArtifact, context: RepairContext): Promise<void> {
  const { artifact, state } = lost;
  const isStill = lost.state === "missing" ||
    await context.store.delete(artifact.path, { putBefore: lost.info.lastPut + secondMs });
  if (!isStill) return;
  const key = sourceKey(lost.source.metadata);
  const recovered = await context.recover(artifact);
  if (!recovered) await context.onLost(key, lost);
  context.onRepair({ key, artifact, state, recovered });
  if (!lost.isOwn) return;
  const objects = { source: lost.source, artifact: context.objects.artifacts.get(key) };
  const events = addressEvent(
    repairEvent({ artifact, state, recovered }),
    objects,
    context.clock.now(),
  );
  for (const event of events) context.recordEvent(event);
}

const reasons = { corrupt: "ArtifactCorrupted", missing: "ArtifactMissing" } as const;
const words = {
  corrupt: "has other bytes than were published",
  missing: "was gone",
} as const;

/** What a user is told of a repair. */
export function repairEvent({ artifact, state, recovered }: Omit<Repair, "key">) {
  const outcome = recovered ? "it is back, without a fetch" : "it is fetched again";
  return {
    type: "Warning",
    reason: reasons[state],
    message: `the stored artifact ${artifact.digest} ${words[state]}: ${outcome}`,
    metadata: { revision: artifact.revision },
  } as const;
}
