import { strict as assert } from "node:assert";
import { ManualClock } from "../manual_clock.ts";

/** Whose times a store tells. */
export interface StoreTimeOptions {
  /** They are those of its backend, such as `LastModified` of S3; else of the clock it is given. */
  readonly realTime?: boolean;
  /** In what steps the backend tells them; only with `realTime`. Milliseconds. */
  readonly timeResolutionMs?: number;
}

/** How far the clock of a backend may be off, and a put may take. */
const toleranceMs = 3_000;

/** Time in a test of a store: of manual clocks that move together, or real, where a backend has a clock of its own. */
export class StoreTime {
  /** For the store under test. */
  readonly clock: ManualClock;
  /** For another owner of the same artifacts, whose clock never agrees to the second. */
  readonly otherClock: ManualClock;
  readonly #resolutionMs: number;
  readonly #isReal: boolean;

  constructor({ realTime = false, timeResolutionMs = 1 }: StoreTimeOptions) {
    const start = realTime ? Date.now() : Date.UTC(2026, 0, 1);
    this.clock = new ManualClock(start);
    this.otherClock = new ManualClock(start + (realTime ? 0 : 1_500));
    this.#isReal = realTime;
    this.#resolutionMs = timeResolutionMs;
  }

  /** A TTL that one `pass()` outlasts, and no put takes. */
  get ttlMs(): number {
    return this.#isReal ? 3 * this.#resolutionMs : 60_000;
  }

  /** Lets more than a TTL pass; real time too, where the backend knows no other. */
  async pass(): Promise<void> {
    const { clock, otherClock } = this;
    if (!this.#isReal) {
      await Promise.all([clock.advance(90_500), otherClock.advance(90_500)]);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 5 * this.#resolutionMs));
    await this.catchUp();
  }

  /** Moves the clocks to the real time, where the backend has it. */
  async catchUp(): Promise<void> {
    if (!this.#isReal) return;
    for (const each of [this.clock, this.otherClock]) await each.advance(Date.now() - each.now());
  }

  /** A time after a put, and before whatever follows it a `pass()` later. */
  after(lastPut: number): number {
    return lastPut + (this.#isReal ? 2 * this.#resolutionMs : 1);
  }

  /** That a put was made just now. */
  assertNow(lastPut: number | undefined): void {
    if (!this.#isReal) return assert.equal(lastPut, this.clock.now());
    const distanceMs = Math.abs(Date.now() - (lastPut ?? 0));
    assert.ok(distanceMs < this.#resolutionMs + toleranceMs, `${lastPut} is ${distanceMs} ms off`);
  }
}
