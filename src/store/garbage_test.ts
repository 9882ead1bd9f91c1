import { strict as assert } from "node:assert";
import { type GarbageOptions, selectGarbage } from "./garbage.ts";

const now = 1_000_000;
const ttlMs = 60_000;

/** Artifacts by the number of seconds since their last put. */
const stored = (ages: Readonly<Record<string, number>>) =>
  Object.entries(ages).map(([key, age]) => ({ key, size: 1, lastPut: now - age * 1_000 }));

const base = {
  currentKey: "new",
  records: 1,
  ttlMs,
  now,
  replacedAt: new Map<string, number>(),
  startedAt: 0,
};

const cases: { name: string; input: Partial<GarbageOptions>; expected: string[] }[] = [
  { name: "nothing of nothing", input: { stored: [] }, expected: [] },
  {
    name: "what is neither current, nor among the newest, nor young",
    input: { stored: stored({ new: 0, old: 100, older: 200 }) },
    expected: ["old", "older"],
  },
  {
    name: "never the current key, however old it is and whatever is newer",
    input: { stored: stored({ "put but not published": 300, new: 9_999, old: 10_000 }) },
    expected: ["old"],
  },
  {
    name: "never the newest records",
    input: { stored: stored({ new: 0, b: 100, c: 200, d: 300 }), records: 3 },
    expected: ["d"],
  },
  {
    name: "the newest by their last put, not by their place in the list",
    input: { stored: stored({ d: 300, b: 100, new: 0, c: 200 }), records: 2 },
    expected: ["d", "c"],
  },
  {
    name: "nothing that was put within the TTL",
    input: { stored: stored({ new: 0, young: 59.999, old: 60 }) },
    expected: ["old"],
  },
  {
    name: "nothing that was replaced within the TTL",
    input: {
      stored: stored({ new: 0, a: 500, b: 500 }),
      replacedAt: new Map([["a", now - ttlMs + 1], ["b", now - ttlMs]]),
    },
    expected: ["b"],
  },
  {
    name: "nothing that may have been replaced just before this process started",
    input: { stored: stored({ new: 0, a: 500 }), startedAt: now - ttlMs + 1 },
    expected: [],
  },
  {
    name: "nothing that was put again within the TTL, long after it was replaced",
    input: {
      stored: stored({ new: 0, a: 30 }),
      replacedAt: new Map([["a", now - 10 * ttlMs]]),
    },
    expected: [],
  },
  {
    name: "nothing at all while the clock stands before what was put",
    input: { stored: stored({ new: 0, a: -100, b: -50 }), startedAt: now + 1 },
    expected: [],
  },
  {
    name: "all but the newest records if nothing is published",
    input: { stored: stored({ a: 100, b: 200, c: 300 }), currentKey: undefined, records: 2 },
    expected: ["c"],
  },
  {
    name: "what is old if the current key is not stored",
    input: { stored: stored({ a: 100, b: 200 }), currentKey: "lost" },
    expected: ["b"],
  },
];

for (const { name, input, expected } of cases) {
  Deno.test(`selectGarbage() selects ${name}`, async () => {
    const selected = await Array.fromAsync(selectGarbage({ stored: [], ...base, ...input }));
    assert.deepEqual(selected.toSorted(), expected.toSorted());
  });
}

Deno.test("selectGarbage() tells a key before it has seen the whole list", async () => {
  let seen = 0;
  function* endless() {
    for (;; seen++) yield { key: `k${seen}`, size: 1, lastPut: now - ttlMs - seen };
  }
  for await (const key of selectGarbage({ ...base, stored: endless(), records: 2 })) {
    assert.equal(key, "k2");
    break;
  }
  assert.equal(seen, 2);
});
