import type { Clock } from "../../core/clock.ts";
import { formatDuration } from "../../core/duration.ts";
import { HttpFailure } from "./http_failure.ts";

/** Below this many bytes a millisecond an upstream drips: 64 KiB/s (DESIGN §4). */
const slowest = 64 * 1024 / 1_000;

/**
 * The time limits of one exchange, redirects and a repeat included. To the headers of the document, and between two pieces
 * of it, at most `timeoutMs`. In all at most that too, unless the document comes at 64 KiB/s or more: measured since
 * the headers, because how long it will be is known only from what came.
 */
export class ExchangeTimer {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #controller = new AbortController();
  readonly #start: number;
  #cancel: () => void;
  #waitingFor: "connection" | "answer" = "connection";
  #body: { readonly since: number; last: number; bytes: number } | undefined;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#start = clock.now();
    this.#cancel = clock.schedule(() => this.#check(), timeoutMs);
  }

  /** Aborted with an {@linkcode HttpFailure} when time is up. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Says what is awaited, for the message. */
  waitFor(what: "connection" | "answer"): void {
    this.#waitingFor = what;
  }

  /** The headers of the document are there. */
  answered(): void {
    const now = this.#clock.now();
    this.#body = { since: now, last: now, bytes: 0 };
  }

  /** A piece of the document is there. */
  received(bytes: number): void {
    if (!this.#body) return;
    this.#body.last = this.#clock.now();
    this.#body.bytes += bytes;
  }

  /** To be called in any case, or the timer outlives the exchange. */
  stop(): void {
    this.#cancel();
  }

  /** When time is up as things stand, and in which words. Every piece of the document only moves it away. */
  #due(): { readonly at: number; readonly state: string } {
    const limit = formatDuration(this.#timeoutMs);
    const first = this.#start + this.#timeoutMs;
    if (!this.#body) return { at: first, state: `no ${this.#waitingFor} within ${limit}` };
    const { since, last, bytes } = this.#body;
    const idle = last + this.#timeoutMs;
    const whole = Math.max(first, since + bytes / slowest);
    return idle < whole
      ? { at: idle, state: `no data for ${limit}` }
      : { at: whole, state: `slower than 64 KiB/s after ${limit}` };
  }

  #check(): void {
    const { at, state } = this.#due();
    const left = at - this.#clock.now();
    if (left > 0) {
      this.#cancel = this.#clock.schedule(() => this.#check(), Math.ceil(left));
      return;
    }
    this.#controller.abort(new HttpFailure(state, { class: "transient", timedOut: true }));
  }
}
