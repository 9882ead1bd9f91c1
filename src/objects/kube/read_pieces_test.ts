import assert from "node:assert/strict";
import { readPieces } from "./read_pieces.ts";

const endless = (onCancel: () => void) =>
  new ReadableStream({
    type: "bytes",
    start: (controller) => controller.enqueue(new Uint8Array([1])),
    cancel: onCancel,
  });

Deno.test("readPieces() ends a waiting read when the signal aborts, and cancels the body", async () => {
  let cancelled = 0;
  const abort = new AbortController();
  const pieces = readPieces(endless(() => void cancelled++), abort.signal);
  assert.deepEqual((await pieces.next()).value, new Uint8Array([1]));
  const waiting = pieces.next();
  abort.abort(new RangeError("enough"));
  await assert.rejects(waiting, RangeError);
  assert.equal(cancelled, 1);
});

Deno.test("readPieces() cancels the body when its reader stops early", async () => {
  let cancelled = 0;
  const { signal } = new AbortController();
  for await (const _ of readPieces(endless(() => void cancelled++), signal)) break;
  assert.equal(cancelled, 1);
});
