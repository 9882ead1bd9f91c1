/** A priority queue: O(log n) to add and to take the least, O(1) to look at it. */
export class BinaryHeap<T> {
  readonly #isLess: (a: T, b: T) => boolean;
  #items: T[] = [];

  /** @param isLess a strict order; of equals either may come first */
  constructor(isLess: (a: T, b: T) => boolean) {
    this.#isLess = isLess;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    this.#items.push(item);
    this.#rise(this.#items.length - 1);
  }

  pop(): T | undefined {
    const least = this.#items[0];
    const last = this.#items.pop();
    if (this.#items.length > 0) {
      this.#items[0] = last!;
      this.#sink(0);
    }
    return least;
  }

  /** Drops every item that `keep` refuses, in O(n). */
  retain(keep: (item: T) => boolean): void {
    this.#items = this.#items.filter(keep);
    for (let index = (this.#items.length >> 1) - 1; index >= 0; index--) this.#sink(index);
  }

  #rise(start: number): void {
    const items = this.#items;
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#isLess(items[index]!, items[parent]!)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #sink(start: number): void {
    const items = this.#items;
    let index = start;
    for (;;) {
      let least = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < items.length && this.#isLess(items[child]!, items[least]!)) least = child;
      }
      if (least === index) return;
      this.#swap(index, least);
      index = least;
    }
  }

  #swap(a: number, b: number): void {
    const items = this.#items;
    [items[a], items[b]] = [items[b]!, items[a]!];
  }
}
