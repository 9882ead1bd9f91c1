import assert from "node:assert/strict";
import { formatDuration, parseDuration } from "./duration.ts";

const cases: readonly { text: string; ms: number | undefined }[] = [
  { text: "5m", ms: 300_000 },
  { text: "1h30m", ms: 5_400_000 },
  { text: "250ms", ms: 250 },
  { text: "1.5s", ms: 1_500 },
  { text: ".5s", ms: 500 },
  { text: "1000us", ms: 1 },
  { text: "2000000ns", ms: 2 },
  { text: "0", ms: 0 },
  { text: "", ms: undefined },
  { text: "5", ms: undefined },
  { text: "-1s", ms: undefined },
  { text: "1..5m", ms: undefined },
  { text: "9e99h", ms: undefined },
  { text: "99999999999h", ms: undefined },
  { text: "5m ", ms: undefined },
  { text: "1d", ms: undefined },
];

for (const { text, ms } of cases) {
  Deno.test(`parseDuration() makes ${ms} of "${text}"`, () =>
    assert.equal(parseDuration(text), ms));
}

Deno.test("formatDuration() writes what parseDuration() reads", () => {
  for (const text of ["250ms", "1.5s", "59.9s", "2m", "1h30m", "1h1s", "26h"]) {
    assert.equal(formatDuration(parseDuration(text)!), text);
  }
});
