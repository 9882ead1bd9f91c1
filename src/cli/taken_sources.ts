import type { ExternalSource } from "../core/external_source.ts";
import type { SourceKey } from "../core/source_key.ts";
import { mustFence, type RingChange } from "../shard/ring.ts";

/** Finds the sources that came to us from an owner whose writes may still be on their way. */
export class TakenSources {
  /** Until they are fenced. */
  readonly unfenced = new Set<SourceKey>();
  #change: RingChange | undefined;
  readonly #looked = new Set<SourceKey>();

  /** Notes who owned what and who does now; if not every source was looked at, from where that began. */
  note({ before, after }: RingChange): void {
    this.#change = { before: this.#change?.before ?? before, after };
    this.#looked.clear();
  }

  /** Looks at a source, once until the next note; to be called before anything is done with it. */
  look(key: SourceKey, { metadata: { uid }, status: { owner } }: ExternalSource): void {
    if (!this.#change || this.#looked.has(key)) return;
    this.#looked.add(key);
    if (mustFence(this.#change, { uid, owner })) this.unfenced.add(key);
  }

  /** Every source was looked at. */
  done(): void {
    this.#change = undefined;
    this.#looked.clear();
  }
}
