/** An artifact that stays lost is forgotten after so many milliseconds. */
const forgottenMs = 300_000;

/** Since when published artifacts could be had from nowhere, as far as anybody has asked for them. */
export class MissedArtifacts {
  /** By key, the one that was missed first in front. */
  readonly #since = new Map<string, number>();

  /** When it was missed first, in milliseconds since the Unix epoch: `now`, unless it was before. */
  miss(key: string, now: number): number {
    for (const [each, since] of this.#since) {
      if (now - since < forgottenMs) break;
      this.#since.delete(each);
    }
    const since = this.#since.get(key) ?? now;
    this.#since.set(key, since);
    return since;
  }

  /** It is here: the next loss is another one. */
  found(key: string): void {
    this.#since.delete(key);
  }
}
