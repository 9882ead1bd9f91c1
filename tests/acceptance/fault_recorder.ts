import { createHash } from "node:crypto";
import type { ClusterApi } from "./cluster_api.ts";
import type { FaultDocuments } from "./fault_documents.ts";
import { below } from "./fault_store.ts";
import { publishedArtifacts } from "./published_artifacts.ts";

/** What a recorder looks at. */
export interface FaultRecorderOptions {
  readonly api: ClusterApi;
  readonly documents: FaultDocuments;
  readonly random: () => number;
}

const downloadsAtOnce = 6;
const lookEveryMs = 200;
const patienceMs = 60_000;

interface Published {
  readonly url: string;
  readonly digest: string;
}

/** What one download came to. */
export type Answer =
  | { readonly kind: "whole"; readonly digest: string }
  | { readonly kind: "status"; readonly status: number; readonly retryAfter: string | null }
  | { readonly kind: "broken" };

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Downloads as consumers do, and hashes every byte. Never rejects. */
export async function hashedDownload(url: string): Promise<Answer> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(patienceMs),
      redirect: "manual",
    });
    const { status, headers } = response;
    if (status !== 200) {
      await response.body?.cancel();
      return { kind: "status", status, retryAfter: headers.get("retry-after") };
    }
    const hash = createHash("sha256");
    for await (const piece of response.body ?? []) hash.update(piece);
    return { kind: "whole", digest: `sha256:${hash.digest("hex")}` };
  } catch {
    return { kind: "broken" };
  }
}

/**
 * Downloads what is published, all the time, and holds both against what may be: nothing wrong is served, nothing that is
 * published is denied, no artifact goes back to an older document.
 */
export class FaultRecorder {
  /** What broke a law, in the order in which it was seen. */
  readonly problems: string[] = [];
  /** Downloads by what they came to: `whole`, `broken` or a status. */
  readonly counts = new Map<string, number>();
  readonly #options: FaultRecorderOptions;
  /** By name of the ExternalArtifact. */
  readonly #published = new Map<string, Published>();
  /** The newest version that each object has named. */
  readonly #newest = new Map<string, number>();
  #isStopped = false;
  readonly #running: Promise<unknown>;

  constructor(options: FaultRecorderOptions) {
    this.#options = options;
    const workers = Array.from({ length: downloadsAtOnce }, () => this.#download());
    this.#running = Promise.all([this.#look(), ...workers]);
  }

  /** Downloads that ended with all their bytes. */
  get whole(): number {
    return this.counts.get("whole") ?? 0;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #look(): Promise<void> {
    while (!this.#isStopped) {
      for (const { kind, name, artifact } of await publishedArtifacts(this.#options.api)) {
        if (!artifact) continue;
        this.#judgeVersion(`${kind} ${name}`, name, artifact.digest);
        if (kind === "ExternalArtifact") this.#published.set(name, artifact);
      }
      await pause(lookEveryMs);
    }
  }

  #judgeVersion(object: string, name: string, digest: string): void {
    const document = this.#options.documents.documentOf(digest);
    const newest = this.#newest.get(object) ?? 0;
    if (document?.name !== name) {
      this.problems.push(`${object} names ${digest}, which is of no document of it`);
    } else if (document.version < newest) {
      this.problems.push(`${object} went back from version ${newest} to ${document.version}`);
    } else this.#newest.set(object, document.version);
  }

  async #download(): Promise<void> {
    while (!this.#isStopped) {
      const all = [...this.#published];
      const [name, published] = all[below(all.length, this.#options.random)] ?? [];
      if (!published) {
        await pause(lookEveryMs);
        continue;
      }
      const answer = await hashedDownload(published.url);
      const kind = answer.kind === "status" ? `${answer.status}` : answer.kind;
      this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
      const problem = await this.#problemOf(answer, name!, published);
      if (problem) this.problems.push(`${published.url}: ${problem}`);
      // A consumer that was told to come back later does not come back at once.
      if (answer.kind !== "whole") await pause(50);
    }
  }

  async #problemOf(
    answer: Answer,
    name: string,
    { url, digest }: Published,
  ): Promise<string | undefined> {
    if (answer.kind === "broken") return undefined;
    if (answer.kind === "whole") {
      return answer.digest === digest ? undefined : `other bytes: ${answer.digest}`;
    }
    const { status, retryAfter } = answer;
    if (status === 503) return retryAfter === null ? "503 without Retry-After" : undefined;
    if (status !== 404) return `${status}`;
    // It may have been replaced since, and nobody brings back what is lost and replaced.
    return await this.#isPublished(name, url) ? `404 of what is published` : undefined;
  }

  async #isPublished(name: string, url: string): Promise<boolean> {
    const path = `/apis/source.toolkit.fluxcd.io/v1/namespaces/default/externalartifacts/${name}`;
    const found = await this.#options.api.get<{ readonly artifact?: Published }>(path);
    return found?.status?.artifact?.url === url;
  }
}
