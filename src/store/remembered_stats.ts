import type { Clock } from "../core/clock.ts";
import type { ArtifactFile, ArtifactStore, StoredArtifact, StoredInfo } from "./artifact_store.ts";
import { ForwardingStore } from "./forwarding_store.ts";

/** How long an answer is believed, in milliseconds. */
const believedMs = 300_000;
const maxKeys = 50_000;

/**
 * A store that is asked once in five minutes whether it has a key: each interval of each source wants to know, and on a
 * paid store 10,000 sources a minute are 400 million requests a month. Only a yes is remembered, and not if a read finds otherwise.
 */
export class RememberedStats extends ForwardingStore {
  readonly #clock: Pick<Clock, "now">;
  readonly #known = new Map<string, { readonly info: StoredInfo; readonly until: number }>();

  constructor(store: ArtifactStore, clock: Pick<Clock, "now">) {
    super(store);
    this.#clock = clock;
  }

  override async put(key: string, artifact: ArtifactFile): Promise<void> {
    this.#known.delete(key);
    await this.beneath.put(key, artifact);
    this.#remember({ key, size: artifact.size, lastPut: this.#clock.now() });
  }

  override async open(key: string): Promise<StoredArtifact | undefined> {
    return this.#found(key, await this.beneath.open(key));
  }

  override async stat(key: string): Promise<StoredInfo | undefined> {
    const answer = this.#known.get(key);
    if (answer && answer.until > this.#clock.now()) return answer.info;
    const info = this.#found(key, await this.beneath.stat(key));
    if (info) this.#remember(info);
    return info;
  }

  override delete(key: string, condition?: { readonly putBefore: number }): Promise<boolean> {
    this.#known.delete(key);
    return this.beneath.delete(key, condition);
  }

  override async verify(key: string, digest: string): Promise<boolean> {
    return this.#found(key, await this.beneath.verify(key, digest));
  }

  #found<Result>(key: string, result: Result): Result {
    if (!result) this.#known.delete(key);
    return result;
  }

  #remember(info: StoredInfo): void {
    this.#known.delete(info.key);
    this.#known.set(info.key, { info, until: this.#clock.now() + believedMs });
    if (this.#known.size > maxKeys) this.#known.delete(this.#known.keys().next().value!);
  }
}
