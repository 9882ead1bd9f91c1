import assert from "node:assert/strict";
import { releasePiece } from "./release_piece.ts";

Deno.test("releasePiece() frees a piece that has its memory for itself", () => {
  const piece = new Uint8Array(8);
  releasePiece(piece);
  assert.deepEqual([piece.length, piece.buffer.detached], [0, true]);
});

Deno.test("releasePiece() leaves memory alone that others may use", () => {
  const all = new Uint8Array([1, 2, 3]);
  releasePiece(all.subarray(0, 2));
  assert.deepEqual([...all], [1, 2, 3]);
  const shared = new Uint8Array(new SharedArrayBuffer(2));
  releasePiece(shared);
  assert.equal(shared.length, 2);
});
