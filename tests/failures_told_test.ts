import assert from "node:assert/strict";
import { failuresTold } from "./failures_told.ts";

async function told(...lines: readonly string[]) {
  const shown: string[] = [];
  const failures = await failuresTold(
    ReadableStream.from(lines),
    (line) => shown.push(line),
  );
  return { shown, failures };
}

Deno.test("failuresTold() shows every line and gives those of what has failed", async () => {
  const heading = "\x1b[0m\x1b[1m\x1b[37m\x1b[41m ERRORS \x1b[0m";
  const failures = [heading, "", "one => ./one_test.ts:1:6", "error: Error: one", " FAILURES "];
  const lines = ["one ... FAILED (1ms)", "ERRORS of another program", "", ...failures];
  assert.deepEqual(await told(...lines), { shown: lines, failures });
});

Deno.test("failuresTold() gives nothing where nothing has failed", async () => {
  const lines = ["one ... ok (1ms)", "", "ok | 1 passed | 0 failed (1ms)"];
  assert.deepEqual(await told(...lines), { shown: lines, failures: [] });
});
