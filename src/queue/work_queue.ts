import type { Clock } from "../core/clock.ts";
import { moreUrgent, priorities, type Priority } from "../core/priority.ts";
import { BinaryHeap } from "./binary_heap.ts";
import { PriorityTurns } from "./priority_turns.ts";
import type { QueueObserver } from "./queue_observer.ts";
import { firstStarts, startsAfter } from "./starts_per_turn.ts";

/** What a handler is told beside the key. */
export interface RunContext {
  /** Pass it on to `RequestLimits` and `WorkerSlots`. */
  readonly priority: Priority;
  /** When the run was wanted, in milliseconds since the epoch. */
  readonly dueAt: number;
  /** Aborted when the queue drains or the key is forgotten: finish quickly or reject, both are fine then. */
  readonly signal: AbortSignal;
}

/** What a run wants of the queue. */
export interface RunResult {
  /** When the key is to run again, in milliseconds since the epoch; undefined: when it is added. */
  readonly requeueAt?: number | undefined;
  /** As what. Default: `due`. */
  readonly priority?: Priority | undefined;
}

/** One run of a key. */
export type Handler<Key extends string> = (
  key: Key,
  context: RunContext,
) => Promise<RunResult | void>;

interface Waiting<Key> {
  readonly key: Key;
  readonly at: number;
  readonly priority: Priority;
  readonly addedAt: number;
  /** Keeps equals in the order of adding. */
  readonly order: number;
}

interface Run {
  readonly since: number;
  readonly priority: Priority;
  readonly dueAt: number;
  readonly abort: AbortController;
  isForgotten: boolean;
}

/** The longest sleep: `setTimeout` overflows after 24 days, and a clock that was set anew must be noticed. */
const longestSleepMs = 60_000;
const crashDelayMs = 60_000;

/**
 * Says when which key runs. Its laws: a key waits at most once, its earliest time and its most urgent priority win; a key
 * never runs twice at once, and what was added during a run follows it; a running key holds up no other; triggered keys
 * start before due ones and those before retried ones, of which none starves (`PriorityTurns`), and of one kind the one that
 * was due first.
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
  readonly #heaps = {
    triggered: new BinaryHeap<Waiting<Key>>(isDueBefore),
    due: new BinaryHeap<Waiting<Key>>(isDueBefore),
    retried: new BinaryHeap<Waiting<Key>>(isDueBefore),
  };
  readonly #turns = new PriorityTurns();
  #order = 0;
  #starts = firstStarts;
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

  /** Plans a run, by default now and as `due`. Never postpones: of two times the earlier one stays. */
  add(
    key: Key,
    { at = this.#clock.now(), priority = "due" }: { at?: number; priority?: Priority } = {},
  ): void {
    const before = this.#waiting.get(key);
    const wanted = before ? moreUrgent(before.priority, priority) : priority;
    if (before && before.at <= at && before.priority === wanted) return;
    const next: Waiting<Key> = {
      key,
      at: before ? Math.min(before.at, at) : at,
      priority: wanted,
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
    const heap = this.#heaps[next.priority];
    heap.push(next);
    if (heap.size > 2 * this.#waiting.size + 64) heap.retain((entry) => this.#isCurrent(entry));
    this.#sleep();
  }

  /** Sets the one timer to the earliest due time, if it is not set to an earlier one. */
  #sleep(): void {
    const next = Math.min(...priorities.map((each) => this.#firstAt(each)));
    if (!this.#handler || next === Infinity) return;
    const now = this.#clock.now();
    const at = Math.min(Math.max(next, now), now + longestSleepMs);
    if (this.#wake && this.#wake.at <= at) return;
    this.#wake?.cancel();
    this.#wake = { at, cancel: this.#clock.schedule(() => this.#turn(at), at - now) };
  }

  #turn(at: number): void {
    this.#wake = undefined;
    const now = this.#clock.now();
    this.#starts = startsAfter(this.#starts, now - at);
    for (let started = 0; this.#handler && started < this.#starts; started++) {
      const due = this.#takeDue(now);
      if (!due) break;
      void this.#start(due, this.#handler);
    }
    this.#sleep();
  }

  #takeDue(now: number): Waiting<Key> | undefined {
    const priority = this.#turns.order.find((each) => this.#firstAt(each) <= now);
    const due = priority && this.#heaps[priority].pop();
    if (!due) return undefined;
    this.#waiting.delete(due.key);
    this.#turns.went(priority, (other) => this.#firstAt(other) <= now);
    return due;
  }

  /** When the first current entry of a priority is due; drops outdated ones before it. */
  #firstAt(priority: Priority): number {
    const heap = this.#heaps[priority];
    for (let top = heap.peek(); top; top = heap.peek()) {
      if (this.#isCurrent(top)) return top.at;
      heap.pop();
    }
    return Infinity;
  }

  #isCurrent(entry: Waiting<Key>): boolean {
    return this.#waiting.get(entry.key) === entry;
  }

  async #start({ key, at, addedAt, priority }: Waiting<Key>, handler: Handler<Key>): Promise<void> {
    const since = this.#clock.now();
    const dueAt = Math.max(at, addedAt);
    const abort = new AbortController();
    const run: Run = { since, priority, dueAt, abort, isForgotten: false };
    this.#running.set(key, run);
    this.#observer.started?.(key, since - dueAt);
    const next = await this.#attempt(key, run, handler);
    this.#running.delete(key);
    this.#observer.finished?.(key, this.#clock.now() - since);
    const addedMeanwhile = this.#waiting.get(key);
    if (addedMeanwhile) this.#plan(addedMeanwhile);
    if (next && !run.isForgotten) this.#requeue(key, next);
    if (!this.#handler && this.#running.size === 0) this.#drained?.();
  }

  #requeue(key: Key, next: { at: number; priority: Priority }): void {
    this.#observer.requeued?.(key);
    this.add(key, next);
  }

  /** Runs the handler and says when the key wants to run again; one that a drain cut short is due at once. */
  async #attempt(key: Key, run: Run, handler: Handler<Key>) {
    const { priority, dueAt, abort: { signal } } = run;
    try {
      const { requeueAt: at, priority: next = "due" } =
        await handler(key, { priority, dueAt, signal }) ?? {};
      return at === undefined ? undefined : { at, priority: next };
    } catch (error) {
      if (signal.aborted) return { at: this.#clock.now(), priority };
      this.#observer.crashed?.(key, error);
      return { at: this.#clock.now() + crashDelayMs, priority: "retried" as const };
    }
  }
}

function isDueBefore(a: Waiting<string>, b: Waiting<string>): boolean {
  return a.at === b.at ? a.order < b.order : a.at < b.at;
}
