import assert from "node:assert/strict";
import { consoleSize } from "./console_size.ts";

const usual = { columns: 80, rows: 24 };

Deno.test("consoleSize() is what the terminal says, if that can be", () => {
  assert.deepEqual(consoleSize(() => ({ columns: 132, rows: 50 })), { columns: 132, rows: 50 });
  assert.deepEqual(consoleSize(() => ({ columns: 0, rows: 0 })), usual);
  assert.deepEqual(consoleSize(() => ({ columns: 132, rows: 0 })), usual);
});

Deno.test("consoleSize() is the usual one where there is no terminal", () => {
  const ask = () => {
    throw new Error("Inappropriate ioctl for device (os error 25)");
  };
  assert.deepEqual(consoleSize(ask), usual);
});
