import type { SourceKey } from "../core/source_key.ts";
import type { Objects } from "../objects/objects.ts";
import { mustFence, type RingChange } from "../shard/ring.ts";

/** Finds the sources that came to us from an owner whose writes may still be on their way. */
export class TakenSources {
  /** Until they are fenced. */
  readonly unfenced = new Set<SourceKey>();
  #change: RingChange | undefined;

  /** Notes who owned what and who does now; what is not looked at yet goes on from where it began. */
  note({ before, after }: RingChange): void {
    this.#change = { before: this.#change?.before ?? before, after };
  }

  /** Looks through all sources, once the caches can be relied on. */
  look({ sources }: Pick<Objects, "sources">): void {
    const change = this.#change;
    this.#change = undefined;
    if (!change) return;
    for (const key of sources.keys()) {
      const source = sources.get(key);
      const { metadata: { uid }, status: { owner } } = source!;
      if (mustFence(change, { uid, owner })) this.unfenced.add(key);
    }
  }
}
