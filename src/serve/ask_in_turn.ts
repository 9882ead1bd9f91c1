import type { Clock } from "../core/clock.ts";

/** Whom to ask, and how patiently. */
export interface Turns<Item, Answer> {
  /** In the order in which they are asked. */
  readonly items: readonly Item[];
  /** Undefined is a no, after which the next one is asked at once. Must not reject; the signal aborts when time is up. */
  ask(item: Item, signal: AbortSignal): Promise<Answer | undefined>;
  /** How many answers are enough; so many are asked at once. */
  readonly wanted: number;
  /** Without an answer for so long, one more is asked, in milliseconds. */
  readonly hedgeMs: number;
  /** In milliseconds. */
  readonly totalMs: number;
  readonly clock: Pick<Clock, "schedule">;
  /** An answer that came too late. */
  discard?(answer: Answer): void;
}

/** Asks one after the other until enough have answered, none is left or time is up. */
export function askInTurn<Item, Answer>(turns: Turns<Item, Answer>): Promise<readonly Answer[]> {
  return new Turn(turns).run();
}

class Turn<Item, Answer> {
  readonly #turns: Turns<Item, Answer>;
  readonly #answers: Answer[] = [];
  readonly #ended = Promise.withResolvers<readonly Answer[]>();
  readonly #abort = new AbortController();
  #next = 0;
  #asked = 0;
  #isOver = false;
  #cancelHedge = () => {};

  constructor(turns: Turns<Item, Answer>) {
    this.#turns = turns;
  }

  async run(): Promise<readonly Answer[]> {
    const { clock, totalMs, wanted } = this.#turns;
    const cancel = clock.schedule(() => this.#end(), totalMs);
    for (let count = 0; count < wanted; count++) this.#askNext();
    this.#endIfDone();
    try {
      return await this.#ended.promise;
    } finally {
      cancel();
    }
  }

  #askNext(): void {
    const { items, ask, clock, hedgeMs } = this.#turns;
    this.#cancelHedge();
    if (this.#isOver || this.#next === items.length) return;
    const item = items[this.#next++]!;
    this.#asked++;
    ask(item, this.#abort.signal).then((answer) => this.#take(answer));
    this.#cancelHedge = clock.schedule(() => this.#askNext(), hedgeMs);
  }

  #take(answer: Answer | undefined): void {
    this.#asked--;
    if (answer === undefined) this.#askNext();
    else if (this.#isOver) this.#turns.discard?.(answer);
    else this.#answers.push(answer);
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#answers.length >= this.#turns.wanted || this.#asked === 0) this.#end();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelHedge();
    this.#abort.abort();
    this.#ended.resolve(this.#answers);
  }
}
