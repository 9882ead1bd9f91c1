import { parseArtifactKey } from "../core/artifact_key.ts";
import type { Clock } from "../core/clock.ts";
import { type NamespacedName, type SourceKey, sourceKey } from "../core/source_key.ts";
import { CallBudget } from "./call_budget.ts";

/** How it is found out what is published now. */
export interface LiveNamesOptions {
  readonly clock: Pick<Clock, "now">;
  /** Whether such a source is known here. */
  knows(source: NamespacedName): boolean;
  /** The keys that the ExternalArtifact of a source names, by a live GET. */
  read(source: NamespacedName): Promise<readonly string[]>;
  /** A GET failed. */
  onError?(error: unknown): void;
}

/** Whether a key is published; `unknown` if that could not be asked now. */
export type LiveAnswer = "named" | "unnamed" | "unknown";

type Keys = readonly string[] | undefined;

const perSecond = 10;
const burst = 20;

/**
 * Asks the API server whether a key is published that no cached object names: a watch may lag behind what a consumer knows
 * already. At most ten GETs a second, and one for all who ask for artifacts of one source at once, however many keys are
 * invented.
 */
export class LiveNames {
  readonly #options: LiveNamesOptions;
  readonly #running = new Map<SourceKey, Promise<Keys>>();
  /** GETs that begin when the running one has ended: that one may have been answered before a later publication. */
  readonly #next = new Map<SourceKey, Promise<Keys>>();
  readonly #budget: CallBudget;

  constructor(options: LiveNamesOptions) {
    this.#options = options;
    this.#budget = new CallBudget({ clock: options.clock, perSecond, burst });
  }

  async ask(key: string): Promise<LiveAnswer> {
    const source = parseArtifactKey(key);
    if (!source || !this.#options.knows(source)) return "unnamed";
    const keys = await this.#read(source);
    if (!keys) return "unknown";
    return keys.includes(key) ? "named" : "unnamed";
  }

  #read(source: NamespacedName): Promise<Keys> {
    const id = sourceKey(source);
    const running = this.#running.get(id);
    if (!running) return this.#begin(id, source);
    const waiting = this.#next.get(id);
    if (waiting) return waiting;
    const next = running.then(() => {
      this.#next.delete(id);
      return this.#begin(id, source);
    });
    this.#next.set(id, next);
    return next;
  }

  async #begin(id: SourceKey, source: NamespacedName): Promise<Keys> {
    if (!this.#budget.take()) return undefined;
    const reading = this.#get(source).finally(() => this.#running.delete(id));
    this.#running.set(id, reading);
    return await reading;
  }

  async #get(source: NamespacedName): Promise<Keys> {
    try {
      return await this.#options.read(source);
    } catch (error) {
      this.#options.onError?.(error);
      return undefined;
    }
  }
}
