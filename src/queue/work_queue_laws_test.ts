import { strict as assert } from "node:assert";
import { priorities, type Priority } from "../core/priority.ts";
import { ManualClock } from "../../tests/manual_clock.ts";
import { seededRandom } from "../../tests/seeded_random.ts";
import { settle } from "../../tests/settle.ts";
import { type RunResult, WorkQueue } from "./work_queue.ts";

interface Planned {
  at: number;
  priority: Priority;
  order: number;
}

/** What the queue should do, said as plainly as possible: every question is a search through all keys. */
class Model {
  readonly started: string[] = [];
  readonly waiting = new Map<string, Planned>();
  readonly running = new Map<string, { isForgotten: boolean }>();
  now = 0;
  #order = 0;
  readonly #passed = { triggered: 0, due: 0, retried: 0 };

  add(key: string, at: number, priority: Priority): void {
    const before = this.waiting.get(key) ?? { at, priority, order: this.#order++ };
    before.at = Math.min(before.at, at);
    if (rank(priority) < rank(before.priority)) before.priority = priority;
    this.waiting.set(key, before);
  }

  forget(key: string): void {
    this.waiting.delete(key);
    const run = this.running.get(key);
    if (run) run.isForgotten = true;
  }

  finish(key: string, { requeueAt, priority = "due" }: RunResult): void {
    const run = this.running.get(key)!;
    this.running.delete(key);
    if (requeueAt !== undefined && !run.isForgotten) this.add(key, requeueAt, priority);
  }

  advance(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const free = [...this.waiting].filter(([key]) => !this.running.has(key));
      const wake = Math.max(this.now, Math.min(...free.map(([, { at }]) => at)));
      if (wake > end) break;
      this.now = wake;
      const due = free.filter(([, { at }]) => at <= wake);
      due.sort(([, a], [, b]) => a.at - b.at || a.order - b.order);
      while (due.length > 0) {
        const next = due.findIndex(this.#isNext(due.map(([, { priority }]) => priority)));
        const [[key, { priority }]] = due.splice(next, 1) as [[string, Planned]];
        this.waiting.delete(key);
        this.running.set(key, { isForgotten: false });
        this.started.push(`${key} ${priority} @${wake}`);
      }
    }
    this.now = end;
  }

  /** The most urgent that is there, but one that seven others went before goes before all. */
  #isNext(there: readonly Priority[]): (entry: [string, Planned]) => boolean {
    const kinds = priorities.filter((each) => there.includes(each));
    const most = Math.max(...kinds.map((each) => this.#passed[each]));
    const next = (most >= 7 && kinds.find((each) => this.#passed[each] === most)) || kinds[0]!;
    for (const each of kinds) this.#passed[each]++;
    this.#passed[next] = 0;
    return ([, { priority }]) => priority === next;
  }
}

const rank = (priority: Priority) => priorities.indexOf(priority);

function play(seed: number) {
  const random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const clock = new ManualClock(0);
  const queue = new WorkQueue<string>({ clock });
  const model = new Model();
  const started: string[] = [];
  const ends = new Map<string, (result: RunResult) => void>();
  const steps = {
    add() {
      const [key, at] = [`k${below(30)}`, model.now + below(300) - 50];
      const priority = priorities[below(3)]!;
      queue.add(key, { at, priority });
      model.add(key, at, priority);
    },
    forget() {
      const key = `k${below(30)}`;
      queue.forget(key);
      model.forget(key);
    },
    async finish() {
      const key = [...ends.keys()][below(ends.size)];
      if (!key) return;
      const requeueAt = below(2) === 0 ? undefined : model.now + below(200);
      const result = { requeueAt, priority: priorities[below(3)]! };
      ends.get(key)!(result);
      ends.delete(key);
      await settle();
      model.finish(key, result);
    },
    async advance() {
      const ms = below(3) === 0 ? 0 : below(120);
      await clock.advance(ms);
      model.advance(ms);
    },
  };
  const abort = new AbortController();
  const done = queue.run((key, { priority }) => {
    assert.ok(!ends.has(key), `${key} runs twice at once`);
    started.push(`${key} ${priority} @${clock.now()}`);
    return new Promise((resolve) => ends.set(key, resolve));
  }, abort.signal);
  const stop = () => {
    abort.abort();
    for (const end of ends.values()) end({ requeueAt: undefined });
    return done;
  };
  return { below, steps, started, queue, model, stop };
}

Deno.test("WorkQueue starts what a naive model starts, in its order, at its times", async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const { below, steps, started, queue, model, stop } = play(seed);
    const choices = [steps.add, steps.add, steps.add, steps.finish, steps.advance, steps.advance];
    for (let step = 0; step < 150; step++) {
      const act = below(20) === 0 ? steps.forget : choices[below(choices.length)]!;
      await act();
      assert.deepEqual(started, model.started, `seed ${seed}, step ${step}`);
    }
    for (const [key, { at }] of model.waiting) assert.equal(queue.plannedAt(key), at);
    await stop();
  }
});
