import { priorities, type Priority } from "../core/priority.ts";

/** So often may others go before one who could have gone instead. */
const patience = 7;

/**
 * Whose turn it is where triggered, due and retried ones compete: the most urgent, but one who was passed over seven
 * times is next. So none starves: of ten turns in a row at least one is of each class that could have had all of them.
 */
export class PriorityTurns {
  readonly #passed = { triggered: 0, due: 0, retried: 0 };

  /** Classes that have waited long enough to go before all others, the longest passed over first. */
  get overdue(): readonly Priority[] {
    return priorities.filter((each) => this.#passed[each] >= patience)
      .sort((a, b) => this.#passed[b] - this.#passed[a]);
  }

  /** All classes in the order in which they may go now. */
  get order(): readonly Priority[] {
    const { overdue } = this;
    return [...overdue, ...priorities.filter((each) => !overdue.includes(each))];
  }

  /** One of a class goes. @param could whether one of another class could have gone instead */
  went(priority: Priority, could: (other: Priority) => boolean): void {
    this.#passed[priority] = 0;
    for (const other of priorities) {
      if (other !== priority && could(other)) this.#passed[other]++;
    }
  }
}
