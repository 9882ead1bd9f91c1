import type { Clock } from "../core/clock.ts";
import { formatDuration } from "../core/duration.ts";

/** What `/readyz` answers. */
export interface ReadinessReport {
  readonly ready: boolean;
  /** `ok`, or what is waited for. */
  readonly checks: Readonly<Record<"caches" | "store", string>>;
}

/** A store that is down for good must not take what is cached, and the status page, out of service. */
const storeWaitMs = 60_000;

/**
 * Whether this process may get requests (DESIGN §8): all kinds of objects have been listed once, and the store has
 * answered once or had a minute to. It never becomes unready again: later outages show elsewhere.
 */
export class Readiness {
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #waitingFor: Set<string>;
  #syncedSince: number | undefined;
  #storeAnswered = false;

  /** @param kinds what {@linkcode synced} will be called with */
  constructor(clock: Clock, kinds: readonly string[]) {
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#waitingFor = new Set(kinds);
    this.#noteSync();
  }

  /** All objects of a kind are known, or it is not installed. */
  synced(kind: string): void {
    this.#waitingFor.delete(kind);
    this.#noteSync();
  }

  /** Any answer of the store counts, also that there is no such key. */
  storeAnswered(): void {
    this.#storeAnswered = true;
  }

  /** Since when all kinds are known, in milliseconds since the Unix epoch. */
  get syncedSince(): number | undefined {
    return this.#syncedSince;
  }

  report(): ReadinessReport {
    const waitIsOver = this.#clock.now() - this.#startedAt >= storeWaitMs;
    return {
      ready: this.#waitingFor.size === 0 && (this.#storeAnswered || waitIsOver),
      checks: { caches: this.#caches(), store: this.#store(waitIsOver) },
    };
  }

  #caches(): string {
    return this.#waitingFor.size === 0 ? "ok" : `waiting for ${[...this.#waitingFor].join(", ")}`;
  }

  #store(waitIsOver: boolean): string {
    if (this.#storeAnswered) return "ok";
    return waitIsOver
      ? `no answer within ${formatDuration(storeWaitMs)}`
      : "waiting for its first answer";
  }

  #noteSync(): void {
    if (this.#waitingFor.size === 0) this.#syncedSince ??= this.#clock.now();
  }
}
