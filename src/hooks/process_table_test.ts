import assert from "node:assert/strict";
import { parseProcessTable, readProcessTable } from "./process_table.ts";

Deno.test("parseProcessTable() reads what ps prints, without zombies", () => {
  const output = [
    "      1       0       0       0 65532 SLsl 0::/kubepods/x    tini -- hook-executor A=b",
    "     17       1      17      17     0 Z    0::/              [sleep] <defunct>",
    "",
    "garbage",
  ].join("\n");
  assert.deepEqual(parseProcessTable(output), [{
    ...{ pid: 1, parent: 0, group: 0, session: 0, user: 65532, state: "S" },
    cgroup: "0::/kubepods/x",
    text: "tini -- hook-executor A=b",
  }]);
});

Deno.test("readProcessTable() lists this process, and not the ps itself", async () => {
  const table = await readProcessTable();
  assert.equal(table.find(({ pid }) => pid === Deno.pid)?.parent, Deno.ppid);
  const ours = table.filter(({ parent }) => parent === Deno.pid);
  assert.equal(ours.some(({ text }) => text.startsWith("/usr/bin/ps axeww")), false);
});
