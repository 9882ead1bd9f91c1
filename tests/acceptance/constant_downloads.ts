import type { Artifact } from "../../src/core/artifact.ts";
import { type Download, download } from "../checked_download.ts";
import { eventually } from "./eventually.ts";
import type { PublishedArtifact } from "./published_artifacts.ts";

/** What constant downloads are of. */
export interface ConstantDownloadsOptions {
  /** What is published now. */
  published(): Promise<readonly PublishedArtifact[]>;
  readonly atOnce?: number;
}

const lookEveryMs = 200;
/** Between two downloads of one consumer; the machine has more to do. */
const restMs = 100;
/** Flux waits for at least 5 s before it tries again (FLUX §4); milliseconds. */
const retryAfterMs = 1_000;
/** Every fourth consumer is slow, so that there are always downloads that have begun. */
const slowEach = 4;
const slowestMs = 1_000;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/**
 * Consumers that download what is published, all the time, and retry once: that has to be enough. Nobody may be told that
 * what is published does not exist, nor get other bytes.
 */
export class ConstantDownloads {
  /** What broke a law, in the order in which it was seen. */
  readonly problems: string[] = [];
  /** Downloads by how they went: `whole`, `retried` or what a first attempt came to. */
  readonly counts: Record<string, number> = {};
  readonly #options: ConstantDownloadsOptions;
  readonly #running: Promise<unknown>;
  #published: readonly Artifact[] = [];
  #isStopped = false;

  private constructor(options: ConstantDownloadsOptions) {
    this.#options = options;
    const consumers = Array.from(
      { length: options.atOnce ?? 8 },
      (_, index) => this.#consume(index % slowEach === 0 ? slowestMs : 0),
    );
    this.#running = Promise.all([this.#look(), ...consumers]);
  }

  /** They go on for as long as a story takes. */
  static async during(
    options: ConstantDownloadsOptions,
    story: () => Promise<void>,
  ): Promise<ConstantDownloads> {
    const downloads = new ConstantDownloads(options);
    try {
      await eventually(() => downloads.counts.whole, { withinMs: 30_000, what: "a download" });
      await story();
    } finally {
      downloads.#isStopped = true;
      await downloads.#running;
    }
    return downloads;
  }

  async #look(): Promise<void> {
    while (!this.#isStopped) {
      const published = await this.#options.published();
      this.#published = published.flatMap(({ artifact }) => artifact ?? []);
      await pause(lookEveryMs);
    }
  }

  async #consume(longestMs: number): Promise<void> {
    while (!this.#isStopped) {
      const artifact = this.#published[Math.floor(Math.random() * this.#published.length)];
      if (artifact) await this.#downloadTwice(artifact, () => pause(Math.random() * longestMs));
      await pause(restMs);
    }
  }

  async #downloadTwice(artifact: Artifact, onBegun: () => Promise<void>): Promise<void> {
    const first = await this.#download(artifact, onBegun);
    if (first.kind === "whole") return;
    await pause(retryAfterMs);
    const second = await this.#download(artifact, onBegun);
    if (second.kind === "whole") return this.#count("retried");
    const attempts = JSON.stringify([first, second]);
    if (await this.#isPublished(artifact)) {
      this.problems.push(`${artifact.url} failed twice: ${attempts}`);
    }
  }

  async #download(artifact: Artifact, onBegun: () => Promise<void>): Promise<Download> {
    const got = await download(artifact.url, onBegun);
    this.#count(got.kind === "status" ? `${got.status}` : got.kind);
    if (got.kind === "whole" && got.digest !== artifact.digest) {
      this.problems.push(`${artifact.url} gave other bytes: ${got.digest}`);
    }
    if (got.kind === "status" && got.status !== 503 && await this.#isPublished(artifact)) {
      this.problems.push(`${artifact.url} answered ${got.status}`);
    }
    return got;
  }

  async #isPublished({ url }: Artifact): Promise<boolean> {
    const published = await this.#options.published();
    return published.some(({ artifact }) => artifact?.url === url);
  }

  #count(kind: string): void {
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
  }
}
