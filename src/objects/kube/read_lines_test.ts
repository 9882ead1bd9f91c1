import assert from "node:assert/strict";
import { readLines } from "./read_lines.ts";

async function linesOf(pieces: readonly string[] | readonly Uint8Array[]): Promise<string[]> {
  const encoder = new TextEncoder();
  const bytes = pieces.map((each) => typeof each === "string" ? encoder.encode(each) : each);
  return await Array.fromAsync(readLines(ReadableStream.from(bytes)));
}

Deno.test("readLines() joins pieces and splits lines", async () => {
  assert.deepEqual(await linesOf(["a", "b\nc\n", "\nd", "\n"]), ["ab", "c", "d"]);
});

Deno.test("readLines() keeps characters whole that pieces cut", async () => {
  const text = new TextEncoder().encode('{"a":"grüße 😀"}\n');
  const pieces = [...text].map((byte) => new Uint8Array([byte]));
  assert.deepEqual(await linesOf(pieces), ['{"a":"grüße 😀"}']);
});

Deno.test("readLines() leaves out a line that broke off", async () => {
  assert.deepEqual(await linesOf(["a\n", '{"type":']), ["a"]);
});

Deno.test("readLines() keeps nothing of a piece that is filled anew", async () => {
  async function* reused() {
    const buffer = new Uint8Array(4);
    for (const text of ["ab\nc", "de\nf", "gh\ni"]) {
      new TextEncoder().encodeInto(text, buffer);
      yield buffer;
    }
  }
  assert.deepEqual(await Array.fromAsync(readLines(reused())), ["ab", "cde", "fgh"]);
});
