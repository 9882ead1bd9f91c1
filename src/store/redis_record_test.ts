import { strict as assert } from "node:assert";
import { chunkAt, chunkBytes, chunkRange, countChunks } from "./redis_layout.ts";
import { parseRecord, recordFields, recordValues } from "./redis_record.ts";

Deno.test("chunkRange() and chunkAt() part an artifact without gap or overlap", () => {
  for (const size of [0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 10 * chunkBytes]) {
    let end = 0;
    for (let index = 0; index < countChunks(size); index++) {
      const range = chunkRange(index, size);
      assert.equal(range.start, end);
      assert.ok(range.end > range.start);
      assert.deepEqual([chunkAt(range.start), chunkAt(range.end - 1)], [index, index]);
      end = range.end;
    }
    assert.equal(end, size);
  }
});

const record = {
  size: 2 * chunkBytes + 1,
  digest: `sha256:${"a".repeat(64)}`,
  lastPut: 1_700_000_000_123,
  upload: "one",
  sums: ["1", "2", "3"].map((digit) => digit.repeat(40)),
};

Deno.test("parseRecord() gives back what recordValues() wrote", () => {
  assert.deepEqual(parseRecord(recordValues(record)), record);
  const empty = { ...record, size: 0, sums: [] };
  assert.deepEqual(parseRecord(recordValues(empty)), empty);
});

Deno.test("parseRecord() takes what is absent or damaged for none", () => {
  assert.equal(parseRecord(recordFields.map(() => null)), undefined);
  const damages: Partial<Record<typeof recordFields[number], string | null>>[] = [
    { size: "" },
    { size: "-1" },
    { size: "1e400" },
    { size: `${chunkBytes}` },
    { lastPut: "soon" },
    { upload: null },
    { sums: null },
    { sums: "1".repeat(119) },
    { chunkBytes: "65536" },
  ];
  for (const damage of damages) {
    const values = recordValues(record).map((value, index) => {
      const damaged = damage[recordFields[index]!];
      return damaged === undefined ? value : damaged;
    });
    assert.equal(parseRecord(values), undefined, JSON.stringify(damage));
  }
});
