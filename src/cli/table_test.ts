import assert from "node:assert/strict";
import { renderTable } from "./table.ts";

Deno.test("renderTable() aligns columns by what a terminal shows of them", () => {
  const rows = [["a", "True", "ok"], ["名前", "False", "no"], ["e\u0301", "Unknown", "?"]];
  assert.equal(
    renderTable(["NAME", "READY", "STATUS"], rows),
    "NAME   READY     STATUS\na      True      ok\n名前   False     no\ne\u0301      Unknown   ?\n",
  );
});

Deno.test("renderTable() cuts lines at the width of the terminal", () => {
  const text = renderTable(["NAME", "STATUS"], [["a", "x".repeat(50)]], { width: 20 });
  assert.deepEqual(text.split("\n"), ["NAME   STATUS", `a      ${"x".repeat(12)}…`, ""]);
});

Deno.test("renderTable() cuts the widest of the columns that yield before it cuts the line", () => {
  const rows = [["x".repeat(12), "名".repeat(7), "True", "y".repeat(9)]];
  const yielding = ["SPACE", "NAME"];
  const columns = ["SPACE", "NAME", "READY", "REASON"];
  const shown = {
    43: [
      "SPACE        NAME         READY   REASON",
      "xxxxxxxxx…   名名名名…    True    yyyyyyyyy",
    ],
    37: [
      "SPACE      NAME       READY   REASON",
      "xxxxxxx…   名名名…    True    yyyyyy…",
    ],
  };
  for (const [width, lines] of Object.entries(shown)) {
    const text = renderTable(columns, rows, { width: Number(width), yielding });
    assert.deepEqual(text.split("\n"), [...lines, ""]);
  }
});

Deno.test("renderTable() lets no cell move the cursor or break the line", () => {
  assert.equal(renderTable(["A"], [["x\n\x1b[31my"]]), "A\nx [31my\n");
});
