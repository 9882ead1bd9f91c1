/**
 * What `work` makes of each item, in the order of the items, with up to `limit` of them under way: where each waits for a
 * volume or a service, a long list takes a fraction of the time, and memory does not grow with it.
 */
export async function* lookAhead<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  limit: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const running: Promise<Result>[] = [];
  for await (const item of items) {
    const next = work(item);
    next.catch(() => {}); // heard in its turn, unless nobody goes on listening
    running.push(next);
    if (running.length === limit) yield await running.shift()!;
  }
  for (const each of running) yield await each;
}
