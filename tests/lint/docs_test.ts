import assert from "node:assert/strict";
import plugin from "./docs.ts";

const count = (source: string, file = "src/core/x.ts") =>
  Deno.lint.runPlugin(plugin, file, source).length;

Deno.test("exports wants a JSDoc sentence right before each export", () => {
  assert.equal(count("/** A. */\nexport const a = 1;\n/** B. */\nexport function b() {}"), 0);
  assert.equal(count("export const a = 1;"), 1);
  assert.equal(count("// A.\nexport const a = 1;"), 1);
  assert.equal(count("/** A. */\nconst a = 1;\nexport interface B {}"), 1);
});

Deno.test("exports leaves lists of names, tests and what is not in src alone", () => {
  assert.equal(count("const a = 1;\nexport { a };"), 0);
  assert.equal(count("export const a = 1;", "src/core/x_test.ts"), 0);
  assert.equal(count("export const a = 1;", "tests/x.ts"), 0);
});
