import assert from "node:assert/strict";
import { mergePatch } from "./merge_patch.ts";

const rows: readonly { name: string; before: unknown; after: unknown; expected: unknown }[] = [
  {
    name: "is nothing for equal values",
    before: { a: [1] },
    after: { a: [1] },
    expected: undefined,
  },
  { name: "removes what is gone", before: { a: 1, b: 2 }, after: { a: 1 }, expected: { b: null } },
  {
    name: "removes what is undefined",
    before: { a: 1 },
    after: { a: undefined },
    expected: { a: null },
  },
  { name: "replaces arrays whole", before: { a: [1, 2] }, after: { a: [2] }, expected: { a: [2] } },
  {
    name: "goes into objects",
    before: { a: { b: 1, c: 2 } },
    after: { a: { b: 1, c: 3 } },
    expected: { a: { c: 3 } },
  },
  { name: "adds objects", before: {}, after: { a: { b: 1 } }, expected: { a: { b: 1 } } },
];

for (const { name, before, after, expected } of rows) {
  Deno.test(`mergePatch() ${name}`, () => assert.deepEqual(mergePatch(before, after), expected));
}
