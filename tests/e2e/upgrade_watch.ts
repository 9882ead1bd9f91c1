import { controllerName } from "../../src/core/api_names.ts";
import { goLeaderLease } from "../../src/shard/lookout.ts";
import type { GoPublished } from "./go_source.ts";
import type { Kube, KubeObject } from "./kube.ts";
import type { PolledUrl, UpgradePolls } from "./upgrade_polls.ts";

/** What is looked at. */
export interface UpgradeWatchParts {
  readonly kube: Kube;
  /** Of the controller, and of the sources. */
  readonly namespaces: { readonly controller: string; readonly sources: string };
  /** Published before. */
  readonly published: readonly GoPublished[];
  readonly polls: UpgradePolls;
}

const lookEveryMs = 500;
/** How many artifacts of a source stay for consumers that are late: --artifact-retention-records. */
const kept = 2;

/** Looks on while one controller takes another's place, and has every artifact downloaded that is published. */
export class UpgradeWatch implements AsyncDisposable {
  readonly #parts: UpgradeWatchParts;
  readonly #urls: Map<string, readonly PolledUrl[]>;
  readonly #running: Promise<void>;
  #isOver = false;
  #renewed: number | undefined;
  #written: number | undefined;

  constructor(parts: UpgradeWatchParts) {
    this.#parts = parts;
    this.#urls = new Map(parts.published.map((each) => [each.name, [each]]));
    this.#running = this.#look();
  }

  /** When the Lease of Go's leader was last seen renewed, in milliseconds since 1970; undefined: never seen. */
  get renewedAt(): number | undefined {
    return this.#renewed;
  }

  /** When our controller wrote first, in whole seconds, as milliseconds since 1970; undefined: not yet. */
  get writtenAt(): number | undefined {
    return this.#written;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }

  async #look(): Promise<void> {
    while (!this.#isOver) {
      // The API server may have nothing to say while a definition changes.
      await this.#lookOnce().catch((error) => console.warn(`${error}`));
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  }

  async #lookOnce(): Promise<void> {
    const { kube, namespaces } = this.#parts;
    const lease = await kube.get(namespaces.controller, `lease/${goLeaderLease}`);
    if (lease) this.#renewed = Date.parse(lease.spec.renewTime);
    const kinds = ["get", "externalsources,externalartifacts", "--namespace", namespaces.sources];
    const objects: readonly KubeObject[] = JSON.parse(
      await kube.run([...kinds, "--show-managed-fields", "--output=json"]),
    ).items;
    this.#written ??= firstWrite(objects);
    await this.#follow(objects.filter(({ kind }) => kind === "ExternalArtifact"));
  }

  async #follow(artifacts: readonly KubeObject[]): Promise<void> {
    let isNew = false;
    for (const { metadata: { name }, status: { artifact: { url, digest } } } of artifacts) {
      const before = this.#urls.get(name) ?? [];
      if (before.at(-1)?.url === url) continue;
      this.#urls.set(name, [...before, { url, digest }].slice(-kept));
      isNew = true;
    }
    if (isNew) await this.#parts.polls.follow([...this.#urls.values()].flat());
  }
}

/** The time of the earliest of our writes of which nothing newer has taken the place. */
function firstWrite(objects: readonly KubeObject[]): number | undefined {
  const times = objects
    .flatMap(({ metadata }) => (metadata.managedFields ?? []) as readonly KubeObject[])
    .filter(({ manager }) => manager === controllerName)
    .map(({ time }) => Date.parse(time));
  return times.length > 0 ? Math.min(...times) : undefined;
}
