import assert from "node:assert/strict";
import { PiecePool } from "./piece_pool.ts";
import { sendAnswer } from "./send_answer.ts";

Deno.test("sendAnswer() sends every byte once, however few a client takes at a time", async () => {
  const bytes = crypto.getRandomValues(new Uint8Array(60_000));
  const read = (into: Uint8Array, position: number) => {
    const piece = bytes.subarray(position, position + into.length);
    into.set(piece);
    return position % 2 === 0 ? piece.length : Promise.resolve(piece.length);
  };
  const artifact = {
    size: bytes.length,
    read,
    stream: () => assert.fail("read() is preferred"),
    close() {},
  };
  const head = "HTTP/1.1 200 OK\r\n\r\n";
  for (const taken of [1, 7, head.length, head.length + 1, 1_024, 16_384, 100_000]) {
    const sent: Uint8Array[] = [];
    const write = (piece: Uint8Array) => {
      sent.push(piece.slice(0, taken));
      return Promise.resolve(Math.min(taken, piece.length));
    };
    const range = { start: 5, end: 59_999 };
    await sendAnswer({ pool: new PiecePool(), write }, head, { artifact, range });
    const all = await new Blob(sent as Uint8Array<ArrayBuffer>[]).bytes();
    assert.equal(new TextDecoder().decode(all.subarray(0, head.length)), head, `by ${taken}`);
    assert.deepEqual(all.subarray(head.length), bytes.subarray(5, 59_999), `by ${taken}`);
  }
});

Deno.test("PiecePool lends a bounded number of large buffers, and lends them again", () => {
  const pool = new PiecePool();
  const large = pool.take().bytes.length;
  const lent = Array.from({ length: 100 }, () => pool.take());
  const sizes = lent.map(({ bytes }) => bytes.length);
  assert.equal(sizes.filter((size) => size === large).length, 15);
  for (const piece of lent) piece.release();
  assert.equal(pool.take().bytes.length, large);
});
