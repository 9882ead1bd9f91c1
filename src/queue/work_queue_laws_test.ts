import { strict as assert } from "node:assert";
import { ManualClock } from "../../tests/manual_clock.ts";
import { seededRandom } from "../../tests/seeded_random.ts";
import { settle } from "../../tests/settle.ts";
import { WorkQueue } from "./work_queue.ts";

interface Planned {
  at: number;
  urgent: boolean;
  order: number;
}

/** What the queue should do, said as plainly as possible: every question is a search through all keys. */
class Model {
  readonly started: string[] = [];
  readonly waiting = new Map<string, Planned>();
  readonly running = new Map<string, { isForgotten: boolean }>();
  now = 0;
  #order = 0;

  add(key: string, at: number, urgent: boolean): void {
    const before = this.waiting.get(key) ?? { at, urgent, order: this.#order++ };
    before.at = Math.min(before.at, at);
    before.urgent ||= urgent;
    this.waiting.set(key, before);
  }

  forget(key: string): void {
    this.waiting.delete(key);
    const run = this.running.get(key);
    if (run) run.isForgotten = true;
  }

  finish(key: string, requeueAt: number | undefined): void {
    const run = this.running.get(key)!;
    this.running.delete(key);
    if (requeueAt !== undefined && !run.isForgotten) this.add(key, requeueAt, false);
  }

  advance(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const free = [...this.waiting].filter(([key]) => !this.running.has(key));
      const wake = Math.max(this.now, Math.min(...free.map(([, { at }]) => at)));
      if (wake > end) break;
      this.now = wake;
      const due = free.filter(([, { at }]) => at <= wake);
      due.sort(([, a], [, b]) =>
        Number(b.urgent) - Number(a.urgent) || a.at - b.at || a.order - b.order
      );
      for (const [key, { urgent }] of due) {
        this.waiting.delete(key);
        this.running.set(key, { isForgotten: false });
        this.started.push(`${key}${urgent ? "!" : ""}@${wake}`);
      }
    }
    this.now = end;
  }
}

function play(seed: number) {
  const random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const clock = new ManualClock(0);
  const queue = new WorkQueue<string>({ clock });
  const model = new Model();
  const started: string[] = [];
  const ends = new Map<string, (result: { requeueAt: number | undefined }) => void>();
  const steps = {
    add() {
      const [key, at, urgent] = [`k${below(8)}`, model.now + below(300) - 50, below(4) === 0];
      queue.add(key, { at, urgent });
      model.add(key, at, urgent);
    },
    forget() {
      const key = `k${below(8)}`;
      queue.forget(key);
      model.forget(key);
    },
    async finish() {
      const key = [...ends.keys()][below(ends.size)];
      if (!key) return;
      const requeueAt = below(2) === 0 ? undefined : model.now + below(200);
      ends.get(key)!({ requeueAt });
      ends.delete(key);
      await settle();
      model.finish(key, requeueAt);
    },
    async advance() {
      const ms = below(3) === 0 ? 0 : below(120);
      await clock.advance(ms);
      model.advance(ms);
    },
  };
  const abort = new AbortController();
  const done = queue.run((key, { urgent }) => {
    assert.ok(!ends.has(key), `${key} runs twice at once`);
    started.push(`${key}${urgent ? "!" : ""}@${clock.now()}`);
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
