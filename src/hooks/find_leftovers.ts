import type { ListedProcess } from "./process_table.ts";

/** A run by what its processes can be told from. */
export interface RunMark {
  /** Of the command: the number of its group and of its session too. */
  readonly pid: number;
  /** A variable and its value, in the environment of everything it starts. */
  readonly variable: string;
}

/** Who looks for what is left. */
export interface Searcher {
  /** Our own process. */
  readonly pid: number;
  /** Runs that go on: what is theirs is not left over. */
  readonly others: Iterable<RunMark>;
  /** Whether nobody but us starts processes under our user and in our cgroup, as in a container. */
  readonly alone: boolean;
}

/**
 * What is left of a run: its session, its group, what bears its mark, and what these have started. A process that has left
 * both and wiped its environment bears no trace; where we are alone it is found all the same, because it then belongs to nobody.
 */
export function findLeftovers(
  table: readonly ListedProcess[],
  run: RunMark,
  searcher: Searcher,
): readonly ListedProcess[] {
  const ours = relatives(table, searcher.pid);
  const left = familyOf(table, run);
  if (searcher.alone) {
    const live = new Set([...searcher.others].flatMap((other) => [...familyOf(table, other)]));
    for (const each of strays(table, searcher.pid, ours)) if (!live.has(each)) left.add(each);
  }
  return [...left].filter(({ pid }) => pid !== searcher.pid && !ours.ancestors.has(pid));
}

/**
 * Whether nobody but us starts processes under our user and in our cgroup. What was brought into the container from outside,
 * as by `kubectl exec`, has no parent here and does not count.
 */
export function isAlone(table: readonly ListedProcess[], pid: number): boolean {
  return table.some((each) => each.pid === pid) &&
    strays(table, pid, relatives(table, pid)).length === 0;
}

interface Relatives {
  readonly ancestors: ReadonlySet<number>;
  readonly descendants: ReadonlySet<number>;
}

function relatives(table: readonly ListedProcess[], pid: number): Relatives {
  const parents = new Map(table.map((each) => [each.pid, each.parent]));
  const ancestors = new Set<number>();
  for (let at = parents.get(pid); at && !ancestors.has(at); at = parents.get(at)) ancestors.add(at);
  const descendants = new Set([pid]);
  addChildren(table, descendants);
  return { ancestors, descendants };
}

/** Processes of our user and cgroup that come neither from us nor from outside. */
function strays(
  table: readonly ListedProcess[],
  pid: number,
  { ancestors, descendants }: Relatives,
): readonly ListedProcess[] {
  const self = table.find((each) => each.pid === pid);
  if (!self) return [];
  const outside = new Set(
    table.filter((each) => each.parent === 0 && each.pid !== 1).map((each) => each.pid),
  );
  addChildren(table, outside);
  return table.filter((each) =>
    each.user === self.user && each.cgroup === self.cgroup && !descendants.has(each.pid) &&
    !ancestors.has(each.pid) && !outside.has(each.pid)
  );
}

function familyOf(table: readonly ListedProcess[], run: RunMark): Set<ListedProcess> {
  const pids = new Set(
    table.filter((each) =>
      each.session === run.pid || each.group === run.pid || each.text.includes(run.variable)
    ).map((each) => each.pid),
  );
  addChildren(table, pids);
  return new Set(table.filter((each) => pids.has(each.pid)));
}

/** Adds what the given processes have started, to any depth. */
function addChildren(table: readonly ListedProcess[], pids: Set<number>): void {
  for (let before = -1; before !== pids.size;) {
    before = pids.size;
    for (const each of table) if (pids.has(each.parent)) pids.add(each.pid);
  }
}
