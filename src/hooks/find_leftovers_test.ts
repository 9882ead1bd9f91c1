import assert from "node:assert/strict";
import { findLeftovers, isAlone } from "./find_leftovers.ts";
import type { ListedProcess } from "./process_table.ts";

const self = 10;
const mark = (name: string) => `EXTERNALSOURCE_HOOK=${name}`;
const run = { pid: 20, variable: mark("a") };
const other = { pid: 30, variable: mark("b") };

function listed(pid: number, parent: number, more: Partial<ListedProcess> = {}): ListedProcess {
  const [group, session] = [pid, pid];
  return { pid, parent, group, session, user: 7, state: "S", cgroup: "0::/", text: "x", ...more };
}

/** tini, the executor, another hook with a child; what a test adds. */
const table = (...more: ListedProcess[]) => [
  listed(1, 0, { text: "tini" }),
  listed(self, 1),
  listed(30, self, { text: `jq ${mark("b")}` }),
  listed(31, 30, { session: 30, group: 30 }),
  ...more,
];

const find = (more: readonly ListedProcess[], alone: boolean) =>
  findLeftovers(table(...more), run, { pid: self, others: [other], alone }).map(({ pid }) => pid);

const cases: readonly {
  what: string;
  more: readonly ListedProcess[];
  found: readonly number[];
  foundAlone: readonly number[];
}[] = [
  { what: "nothing", more: [], found: [], foundAlone: [] },
  { what: "its group", more: [listed(21, 1, { group: 20 })], found: [21], foundAlone: [21] },
  { what: "its session", more: [listed(21, 1, { session: 20 })], found: [21], foundAlone: [21] },
  {
    what: "its mark",
    more: [listed(21, 1, { text: `sleep 5 A=b ${mark("a")} C=d` })],
    found: [21],
    foundAlone: [21],
  },
  {
    what: "what these have started, to any depth",
    more: [listed(23, 22), listed(22, 21), listed(21, 1, { session: 20 })],
    found: [21, 22, 23],
    foundAlone: [21, 22, 23],
  },
  { what: "what has wiped its traces", more: [listed(21, 1)], found: [], foundAlone: [21] },
  {
    what: "what another hook has put into the background",
    more: [listed(32, 1, { text: `sleep ${mark("b")}` }), listed(33, 32)],
    found: [],
    foundAlone: [],
  },
  {
    what: "other users and other containers",
    more: [listed(40, 1, { user: 8 }), listed(41, 1, { cgroup: "0::/../x" })],
    found: [],
    foundAlone: [],
  },
  {
    what: "a shell of kubectl exec",
    more: [listed(50, 0, { text: "sh" }), listed(51, 50)],
    found: [],
    foundAlone: [],
  },
];
for (const { what, more, found, foundAlone } of cases) {
  Deno.test(`findLeftovers() among ${what}`, () => {
    assert.deepEqual(find(more, false).sort(), found);
    assert.deepEqual(find(more, true).sort(), foundAlone);
  });
}

Deno.test("isAlone() is false as soon as somebody else runs under our user", () => {
  const own = [listed(1, 0), listed(self, 1)];
  assert.equal(isAlone(own, self), true);
  assert.equal(isAlone([...own, listed(11, self), listed(50, 0), listed(51, 50)], self), true);
  assert.equal(isAlone([...own, listed(60, 1)], self), false);
  assert.equal(isAlone([...own, listed(60, 1, { user: 0 })], self), true);
  assert.equal(isAlone([], self), false);
});
