import type { Artifact } from "../core/artifact.ts";
import type { Clock } from "../core/clock.ts";

/** What {@linkcode ArtifactAddresses} decides from. */
export interface ArtifactAddressesOptions {
  /** The URL that a key is to have; undefined while that is not known, which then changes nothing that is published. */
  readonly wanted: (key: string) => string | undefined;
  /** The URL of what is published for the first time while that is so. */
  readonly meanwhile: (key: string) => string;
  /** Whether a consumer gets an artifact at a URL. Never rejects. */
  readonly answers: (url: string) => Promise<boolean>;
  readonly clock: Pick<Clock, "schedule" | "now">;
  /** What is published under another base can move now: every source is to be looked at once. */
  readonly onMove: (base: string) => void;
  /** A base has not answered for a while: what is published under `staying` stays there. Told once for each base. */
  readonly onStay?: (base: string, staying: string) => void;
}

const askEveryMs = 5_000;
/** A pod that has just started answers sooner; milliseconds. */
const worthTellingMs = 20_000;
/** Where nothing answers at the old base either, there is nothing to be lost by moving; milliseconds. */
const patienceMs = 60_000;

interface Question {
  /** Of an artifact that is published: where it is to move, and where it is. */
  wanted: string;
  published: string;
  readonly since: number;
  isTold: boolean;
}

/**
 * The URLs that artifacts are published under. A new base (another advertised address, another pod, another mode) replaces
 * a published one only once it answers, since a URL that does not is the worst state for a consumer (DESIGN §8).
 */
export class ArtifactAddresses {
  readonly #options: ArtifactAddressesOptions;
  readonly #answering = new Set<string>();
  readonly #asking = new Map<string, Question>();
  readonly #cancels = new Map<string, () => void>();
  #isClosed = false;

  constructor(options: ArtifactAddressesOptions) {
    this.#options = options;
  }

  /** Where consumers are told to download a key of a source that publishes `published` now. */
  urlOf(key: string, published: Artifact | undefined): string {
    const { wanted, meanwhile } = this.#options;
    const url = wanted(key);
    const publishedBase = published && baseOf(published.url, published.path);
    if (publishedBase === undefined) return url ?? meanwhile(key);
    const base = url === undefined ? undefined : baseOf(url, key);
    if (url === undefined || base === undefined) return publishedBase + key;
    if (base === publishedBase || this.#answering.has(base)) return url;
    this.#ask(base, { wanted: base + published!.path, published: published!.url });
    return publishedBase + key;
  }

  /** Asks nothing any more. */
  close(): void {
    this.#isClosed = true;
    for (const cancel of this.#cancels.values()) cancel();
  }

  #ask(base: string, urls: Pick<Question, "wanted" | "published">): void {
    const asking = this.#asking.get(base);
    // The latest one published: an older artifact may be gone by the time that somebody answers.
    if (asking) return void Object.assign(asking, urls);
    this.#asking.set(base, { ...urls, since: this.#options.clock.now(), isTold: false });
    void this.#askAgain(base);
  }

  async #askAgain(base: string): Promise<void> {
    const question = this.#asking.get(base);
    if (!question || this.#isClosed) return;
    if (await this.#isToMove(question)) {
      this.#asking.delete(base);
      this.#answering.add(base);
      if (!this.#isClosed) this.#options.onMove(base);
      return;
    }
    if (this.#isClosed) return;
    this.#tellOfStay(base, question);
    const cancel = this.#options.clock.schedule(() => void this.#askAgain(base), askEveryMs);
    this.#cancels.set(base, cancel);
  }

  #tellOfStay(base: string, question: Question): void {
    const { clock, onStay } = this.#options;
    if (question.isTold || clock.now() - question.since < worthTellingMs) return;
    question.isTold = true;
    const key = question.wanted.slice(base.length);
    onStay?.(base, question.published.slice(0, -key.length));
  }

  async #isToMove({ wanted, published, since }: Question): Promise<boolean> {
    const { answers, clock } = this.#options;
    if (await answers(wanted)) return true;
    return clock.now() - since >= patienceMs && !await answers(published);
  }
}

/** What stands before a key in a URL, with its last slash; undefined if the URL does not end in the key. */
function baseOf(url: string, key: string): string | undefined {
  return url.endsWith(`/${key}`) ? url.slice(0, -key.length) : undefined;
}
