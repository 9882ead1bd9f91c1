import assert from "node:assert/strict";
import plugin from "./budget.ts";

const messagesOf = (source: string, file = "src/core/x.ts") =>
  Deno.lint.runPlugin(plugin, file, source).map(({ message }) => message);

const statements = (count: number) => "x();\n".repeat(count);

Deno.test("lines counts the lines of code of a function with its first and last", () => {
  assert.deepEqual(messagesOf(`function f() {\n${statements(38)}}`), []);
  assert.deepEqual(messagesOf(`function f() {\n${statements(39)}}`), [
    "A function of 41 lines; the budget is 40",
  ]);
  assert.deepEqual(messagesOf(`class A { f() {\n${statements(39)}} }`), [
    "A function of 41 lines; the budget is 40",
  ]);
});

Deno.test("lines does not count comments and blank lines", () => {
  const free = "// reason\n\n/** law\n * more\n */\n".repeat(20);
  assert.deepEqual(messagesOf(`const f = () => {\n${free}${statements(38)}};`), []);
});

Deno.test("lines counts inner functions in code, but not in tests", () => {
  const suite = `function suite() {\n${
    `Deno.test("a", () => {\n${statements(10)}});\n`.repeat(9)
  }}`;
  assert.equal(messagesOf(suite).length, 1);
  assert.deepEqual(messagesOf(suite, "tests/contract/store.ts"), []);
  assert.deepEqual(messagesOf(suite, "src/store/pvc_test.ts"), []);
});

Deno.test("parameters allows three, `this` not counted", () => {
  assert.deepEqual(messagesOf("function f(this: A, a, b, c) {}"), []);
  assert.deepEqual(messagesOf("const f = (a, b, c, d) => a;"), [
    "A function of 4 parameters; the budget is 3",
  ]);
  assert.deepEqual(messagesOf("class A { constructor(a, b, c, d) {} }"), [
    "A function of 4 parameters; the budget is 3",
  ]);
});

Deno.test("depth allows three and reports the fourth once", () => {
  const nest = (depth: number) => "if (a) { ".repeat(depth) + "b(); " + "}".repeat(depth);
  assert.deepEqual(messagesOf(`function f() { ${nest(3)} }`), []);
  assert.deepEqual(messagesOf(`function f() { ${nest(5)} }`), [
    "Nested 4 deep; the budget is 3",
  ]);
});

Deno.test("depth begins anew in a function and does not count else if", () => {
  assert.deepEqual(
    messagesOf(
      "if (a) { for (;;) { try { g(() => { if (b) { while (c) { switch (d) {} } } }); } finally {} } }",
    ),
    [],
  );
  assert.deepEqual(
    messagesOf("if (a) {} else if (b) {} else if (c) {} else if (d) { if (e) { if (f) {} } }"),
    [],
  );
});
