/**
 * Texts that come again soon are kept once. JSON.parse() makes a new one each time, while a source and its ExternalArtifact
 * say the same of one artifact, and thousands of objects have the same kind, reason or second.
 */
export class SharedTexts {
  readonly #limit: number;
  #young = new Map<string, string>();
  #old = new Map<string, string>();

  /** @param limit as many texts are known at least, and at most twice as many */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Texts that are known. */
  get size(): number {
    return new Set([...this.#young.keys(), ...this.#old.keys()]).size;
  }

  /** An equal text: one that was given before, if that was not too long ago. */
  share(text: string): string {
    const known = this.#young.get(text);
    if (known !== undefined) return known;
    const kept = this.#old.get(text) ?? text;
    this.#young.set(kept, kept);
    if (this.#young.size >= this.#limit) [this.#old, this.#young] = [this.#young, new Map()];
    return kept;
  }
}

/** Two pages of a list: sources and ExternalArtifacts come side by side, in the same order. */
const shared = new SharedTexts(8_192);

/** A text that other objects most likely hold as well. Never for what is secret: it is kept for a while. */
export function shareText(text: string): string {
  return shared.share(text);
}

/** The same for a JSON string, or undefined for anything else. */
export function asShared(value: unknown): string | undefined {
  return typeof value === "string" ? shareText(value) : undefined;
}
