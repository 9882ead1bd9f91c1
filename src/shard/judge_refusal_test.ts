import assert from "node:assert/strict";
import { ConflictError, NotFoundError, ObjectsUnavailableError } from "../objects/objects.ts";
import { isRefusal, judgeRefusal } from "./judge_refusal.ts";

const forbidden = new ObjectsUnavailableError("no", { refusal: "forbidden" });
const noNamespace = new NotFoundError("no");

Deno.test("isRefusal() tells what trying again does not mend from an outage", () => {
  const refusals = [
    forbidden,
    noNamespace,
    new ObjectsUnavailableError("away"),
    new ConflictError(),
  ];
  assert.deepEqual(refusals.map(isRefusal), [true, true, false, false]);
});

for (
  const [name, { error, sinceMs, expectsOthers, expected }] of Object.entries({
    "waits first: an API server that starts knows no rights": {
      error: forbidden,
      sinceMs: 14_999,
      expectsOthers: false,
      expected: "wait",
    },
    "goes on alone where no others are to be expected": {
      error: forbidden,
      sinceMs: 15_000,
      expectsOthers: false,
      expected: "alone",
    },
    "writes nothing where others may": {
      error: forbidden,
      sinceMs: 99_000,
      expectsOthers: true,
      expected: "refused",
    },
    "goes on alone at once in a namespace that does not exist": {
      error: noNamespace,
      sinceMs: 0,
      expectsOthers: true,
      expected: "alone",
    },
  })
) {
  Deno.test(`judgeRefusal() ${name}`, () => {
    const durationMs = 15_000;
    assert.equal(judgeRefusal({ error, sinceMs, durationMs, expectsOthers }), expected);
  });
}
