import { processUsage } from "../acceptance/process_usage.ts";
import type { ObjectVersion, Poll, RunHistory, Trouble, UsageSample } from "./history.ts";
import { ObjectWatch } from "./object_watch.ts";
import { UrlPoller } from "./url_poller.ts";

/** What is recorded. */
export interface RunRecorderOptions {
  readonly kubeconfig: string;
  readonly pollsPerSecond: number;
  readonly now: () => number;
  readonly replicas: readonly { readonly name: string; readonly pid: number | undefined }[];
}

const sampleEveryMs = 5_000;

/** Sees a run from outside: every version of every object, every URL that is published, and what each replica holds. */
export class RunRecorder implements AsyncDisposable {
  readonly versions: ObjectVersion[] = [];
  /** Times the watch lost its place, so that versions may be missing. */
  gaps = 0;
  pollsDone = 0;
  readonly #options: RunRecorderOptions;
  readonly #polls: Poll[] = [];
  readonly #troubles: (Trouble & { until: number })[] = [];
  readonly #usage: UsageSample[] = [];
  readonly #documents = new Map<string, { readonly name: string; readonly version: number }>();
  /** The newest version of each source, whatever was seen first. */
  readonly #newest = new Map<string, number>();
  readonly #current = new Map<string, string>();
  readonly #poller: UrlPoller;
  readonly #sampling: ReturnType<typeof setInterval>;
  #watch: ObjectWatch | undefined;

  private constructor(options: RunRecorderOptions) {
    this.#options = options;
    this.#poller = new UrlPoller({
      now: options.now,
      perSecond: options.pollsPerSecond,
      onPoll: (poll) => this.#tell(poll),
      onDocument: (digest, line) => void this.#documents.set(digest, JSON.parse(line)),
    });
    this.#sampling = setInterval(() => this.#sample(), sampleEveryMs);
  }

  static async start(options: RunRecorderOptions): Promise<RunRecorder> {
    const recorder = new RunRecorder(options);
    recorder.#watch = await ObjectWatch.start({
      kubeconfig: options.kubeconfig,
      now: options.now,
      onVersion: (version) => recorder.#see(version),
      onGap: () => void recorder.gaps++,
    });
    return recorder;
  }

  /** Something begins; what this returns ends it. */
  trouble(what: string, keepsFrom?: Trouble["keepsFrom"]): () => void {
    const trouble = {
      from: this.#options.now(),
      until: Infinity,
      what,
      ...(keepsFrom === undefined ? {} : { keepsFrom }),
    };
    this.#troubles.push(trouble);
    return () => void (trouble.until = this.#options.now());
  }

  /** The version of the document that an object publishes now; undefined if it is not known. */
  published(kind: ObjectVersion["kind"], name: string): number | undefined {
    const digest = this.#current.get(`${kind} ${name}`);
    return digest === undefined ? undefined : this.#documents.get(digest)?.version;
  }

  history(changes: RunHistory["changes"]): RunHistory {
    return {
      changes,
      versions: this.versions,
      polls: this.#polls,
      pollsDone: this.pollsDone,
      troubles: this.#troubles,
      usage: this.#usage,
      documents: this.#documents,
      endedAt: this.#options.now(),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sampling);
    await this.#watch?.[Symbol.asyncDispose]();
    await this.#poller[Symbol.asyncDispose]();
  }

  #see(version: ObjectVersion): void {
    this.versions.push(version);
    const { kind, name, resourceVersion, digest, url } = version;
    const source = `${kind} ${name}`;
    if ((this.#newest.get(source) ?? 0) > resourceVersion) return;
    this.#newest.set(source, resourceVersion);
    if (digest === undefined || url === undefined) return;
    this.#current.set(source, digest);
    if (kind === "ExternalArtifact") this.#poller.publish({ name, digest, url });
  }

  #tell(poll: Poll): void {
    this.pollsDone += 1;
    const [first] = poll.attempts;
    if (first?.kind !== "whole" || first.digest !== poll.digest) this.#polls.push(poll);
  }

  #sample(): void {
    for (const { name, pid } of this.#options.replicas) {
      if (pid === undefined) continue;
      try {
        this.#usage.push({ at: this.#options.now(), replica: name, ...processUsage(pid) });
      } catch {
        // It has just ended.
      }
    }
  }
}
