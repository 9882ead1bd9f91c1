import type { Clock } from "../core/clock.ts";
import { BinaryHeap } from "./binary_heap.ts";
import type { QueueObserver } from "./queue_observer.ts";

/** What a handler is told beside the key. */
export interface RunContext {
  /** Somebody waits for this run: pass it on to `RequestLimits` and `WorkerSlots`. */
  readonly urgent: boolean;
  /** Aborted when the queue drains or the key is forgotten: finish quickly or reject, both are fine then. */
  readonly signal: AbortSignal;
}

/** One run of a key; at `requeueAt` (ms since the epoch), if given, the key is due again. */
export type Handler<Key extends string> = (
  key: Key,
  context: RunContext,
) => Promise<{ readonly requeueAt?: number | undefined } | void>;

interface Waiting<Key> {
  readonly key: Key;
  readonly at: number;
  readonly urgent: boolean;
  readonly addedAt: number;
  /** Keeps equals in the order of adding. */
  readonly order: number;
}

interface Run {
  readonly since: number;
  readonly urgent: boolean;
  readonly abort: AbortController;
  isForgotten: boolean;
}

/** Between so many starts the event loop gets a turn: a thousand due keys must not block it. */
const startsPerTurn = 64;
/** The longest sleep: `setTimeout` overflows after 24 days, and a clock that was set anew must be noticed. */
const longestSleepMs = 60_000;
const crashDelayMs = 60_000;

/**
 * Says when which key runs. Its laws: a key waits at most once, its earliest time wins, and once urgent it stays urgent
 * until it runs; a key never runs twice at once, and what was added during a run follows it; a running key holds up no
 * other; urgent keys start first, then the one that was due first.
 *
 * It does not bound how many handlers run: a handler is a promise of about 4 KB, and waits in `RequestLimits` and
 * `WorkerSlots`, which know for which host, namespace or work it waits. A bound here could not, and a thousand slow
 * sources would use it up. A handler should therefore acquire its request slot *before* it reads Secrets or anything
 * else that costs memory or a call.
 */
export class WorkQueue<Key extends string> {
  readonly #clock: Clock;
  readonly #observer: QueueObserver<Key>;
  readonly #waiting = new Map<Key, Waiting<Key>>();
  readonly #running = new Map<Key, Run>();
  /** May hold entries that are no longer the key's current one; those are dropped when met. */
  readonly #urgent = new BinaryHeap<Waiting<Key>>(isDueBefore);
  readonly #normal = new BinaryHeap<Waiting<Key>>(isDueBefore);
  #order = 0;
  #handler: Handler<Key> | undefined;
  #wake: { readonly at: number; readonly cancel: () => void } | undefined;
  #drained: (() => void) | undefined;

  constructor({ clock, observer = {} }: { clock: Clock; observer?: QueueObserver<Key> }) {
    this.#clock = clock;
    this.#observer = observer;
  }

  /** Keys that are due and do not run yet (`workqueue_depth`). Counted when asked: O(waiting keys). */
  get depth(): number {
    const now = this.#clock.now();
    let due = 0;
    for (const { at } of this.#waiting.values()) if (at <= now) due++;
    return due;
  }

  /** How long each current run has lasted, in milliseconds (`workqueue_longest_running_…`, `…_unfinished_work_…`). */
  get runningMs(): readonly number[] {
    const now = this.#clock.now();
    return Array.from(this.#running.values(), ({ since }) => now - since);
  }

  /** When the key will run next (ms since the epoch), undefined if nothing is planned. */
  plannedAt(key: Key): number | undefined {
    return this.#waiting.get(key)?.at;
  }

  /** Plans a run, by default now. Never postpones: of two times the earlier one stays. */
  add(key: Key, { at = this.#clock.now(), urgent = false } = {}): void {
    const before = this.#waiting.get(key);
    if (before && before.at <= at && (before.urgent || !urgent)) return;
    const next: Waiting<Key> = {
      key,
      at: before ? Math.min(before.at, at) : at,
      urgent: urgent || before?.urgent === true,
      addedAt: before?.addedAt ?? this.#clock.now(),
      order: before?.order ?? this.#order++,
    };
    this.#waiting.set(key, next);
    if (!before) this.#observer.added?.(key);
    if (!this.#running.has(key)) this.#plan(next);
  }

  /** Nothing more is planned for the key; a current run is aborted and its `requeueAt` ignored. */
  forget(key: Key): void {
    this.#waiting.delete(key);
    const run = this.#running.get(key);
    if (!run) return;
    run.isForgotten = true;
    run.abort.abort(new DOMException("The key was forgotten", "AbortError"));
  }

  /**
   * Runs due keys until `signal` aborts; then starts no more, aborts the current runs and resolves when the last of them
   * has ended. What is planned stays planned, so that a later `run()` goes on with it.
   */
  async run(handler: Handler<Key>, signal: AbortSignal): Promise<void> {
    if (this.#drained) throw new Error("Cannot run the queue: it is running already");
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
      this.#handler = handler;
      signal.addEventListener("abort", () => this.#drain(signal.reason), { once: true });
      this.#sleep();
    });
    this.#drained = undefined;
  }

  #drain(reason: unknown): void {
    this.#handler = undefined;
    this.#wake?.cancel();
    this.#wake = undefined;
    for (const { abort } of this.#running.values()) abort.abort(reason);
    if (this.#running.size === 0) this.#drained?.();
  }

  #plan(next: Waiting<Key>): void {
    const heap = next.urgent ? this.#urgent : this.#normal;
    heap.push(next);
    if (heap.size > 2 * this.#waiting.size + 64) heap.retain((entry) => this.#isCurrent(entry));
    this.#sleep();
  }

  /** Sets the one timer to the earliest due time, if it is not set to an earlier one. */
  #sleep(): void {
    const next = Math.min(this.#first(this.#urgent), this.#first(this.#normal));
    if (!this.#handler || next === Infinity) return;
    const now = this.#clock.now();
    const at = Math.min(Math.max(next, now), now + longestSleepMs);
    if (this.#wake && this.#wake.at <= at) return;
    this.#wake?.cancel();
    this.#wake = { at, cancel: this.#clock.schedule(() => this.#turn(), at - now) };
  }

  #turn(): void {
    this.#wake = undefined;
    const now = this.#clock.now();
    for (let started = 0; this.#handler && started < startsPerTurn; started++) {
      const due = this.#takeDue(now);
      if (!due) break;
      void this.#start(due, this.#handler);
    }
    this.#sleep();
  }

  #takeDue(now: number): Waiting<Key> | undefined {
    const heap = [this.#urgent, this.#normal].find((heap) => this.#first(heap) <= now);
    const due = heap?.pop();
    if (due) this.#waiting.delete(due.key);
    return due;
  }

  /** When the first current entry of the heap is due; drops outdated ones before it. */
  #first(heap: BinaryHeap<Waiting<Key>>): number {
    for (let top = heap.peek(); top; top = heap.peek()) {
      if (this.#isCurrent(top)) return top.at;
      heap.pop();
    }
    return Infinity;
  }

  #isCurrent(entry: Waiting<Key>): boolean {
    return this.#waiting.get(entry.key) === entry;
  }

  async #start({ key, at, addedAt, urgent }: Waiting<Key>, handler: Handler<Key>): Promise<void> {
    const since = this.#clock.now();
    const run: Run = { since, urgent, abort: new AbortController(), isForgotten: false };
    this.#running.set(key, run);
    this.#observer.started?.(key, since - Math.max(at, addedAt));
    const next = await this.#attempt(key, run, handler);
    this.#running.delete(key);
    this.#observer.finished?.(key, this.#clock.now() - since);
    const addedMeanwhile = this.#waiting.get(key);
    if (addedMeanwhile) this.#plan(addedMeanwhile);
    if (next && !run.isForgotten) this.#requeue(key, next);
    if (!this.#handler && this.#running.size === 0) this.#drained?.();
  }

  #requeue(key: Key, next: { at: number; urgent: boolean }): void {
    this.#observer.requeued?.(key);
    this.add(key, next);
  }

  /** Runs the handler and says when the key wants to run again; one that a drain cut short is due at once. */
  async #attempt(key: Key, run: Run, handler: Handler<Key>) {
    const { urgent, abort: { signal } } = run;
    try {
      const result = await handler(key, { urgent, signal });
      const at = result?.requeueAt;
      return at === undefined ? undefined : { at, urgent: false };
    } catch (error) {
      if (signal.aborted) return { at: this.#clock.now(), urgent };
      this.#observer.crashed?.(key, error);
      return { at: this.#clock.now() + crashDelayMs, urgent: false };
    }
  }
}

function isDueBefore(a: Waiting<string>, b: Waiting<string>): boolean {
  return a.at === b.at ? a.order < b.order : a.at < b.at;
}
