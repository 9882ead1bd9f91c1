import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { CopyProgress } from "./copy_progress.ts";

const counts = { copied: 3, copiedBytes: 1_572_864, skipped: 2, skippedBytes: 10, failed: 0 };
const line = "\r\x1b[Kcopied 3 (1.5 MiB), skipped 2 (10 B), failed 0";

function setUp(isTerminal: boolean) {
  const clock = new ManualClock();
  const printed: string[] = [];
  const print = (text: string) => void printed.push(text);
  return { clock, printed, progress: new CopyProgress({ isTerminal, clock, print }) };
}

Deno.test("CopyProgress draws over its line, not too often", async () => {
  const { clock, printed, progress } = setUp(true);
  progress.show(counts);
  await clock.advance(199);
  progress.show(counts);
  await clock.advance(1);
  progress.show(counts);
  assert.deepEqual(printed, [line, line]);
});

Deno.test("CopyProgress keeps problems above its line and clears it in the end", () => {
  const { printed, progress } = setUp(true);
  progress.show(counts);
  progress.problem("a problem");
  progress.show(counts);
  progress.clear();
  progress.clear();
  assert.deepEqual(printed, [line, "\r\x1b[K", "a problem\n", line, "\r\x1b[K"]);
});

Deno.test("CopyProgress shows only problems where no line can be drawn over", () => {
  const { printed, progress } = setUp(false);
  progress.show(counts);
  progress.problem("a problem");
  progress.clear();
  assert.deepEqual(printed, ["a problem\n"]);
});
