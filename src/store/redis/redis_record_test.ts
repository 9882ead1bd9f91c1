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

Deno.test("parseRecord() tells none from a damaged one", () => {
  assert.equal(parseRecord(recordFields.map(() => null)), undefined);
  for (const [index, field] of recordFields.entries()) {
    for (const damage of [null, "", "damage", 7]) {
      const values: unknown[] = recordValues(record);
      values[index] = damage;
      assert.equal(parseRecord(values), "damaged", `${field} ${damage}`);
    }
  }
  const [size, ...rest] = recordValues(record);
  assert.equal(parseRecord([`${size}0`, ...rest]), "damaged");
});

Deno.test("parseRecord() takes the time of another put of the same bytes", () => {
  const values = recordValues(record);
  values[recordFields.indexOf("lastPut")] = "1700000000456.5";
  assert.deepEqual(parseRecord(values), { ...record, lastPut: 1_700_000_000_456.5 });
});
