import assert from "node:assert/strict";
import { frameHead, type FrameType, readFrames } from "./hook_frames.ts";

const frame = (type: FrameType, payload: readonly number[]) => [
  ...frameHead(type, payload.length),
  ...payload,
];

async function* cut(bytes: readonly number[], size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield new Uint8Array(bytes.slice(at, at + size));
}

async function read(bytes: readonly number[], size = 3) {
  const frames: (readonly [number, readonly number[]])[] = [];
  for await (const { type, payload } of readFrames(cut(bytes, size))) {
    frames.push([type, [...payload]]);
  }
  return frames;
}

Deno.test("readFrames() reads frames however they are cut", async () => {
  const bytes = [...frame(0, []), ...frame(1, [1, 2, 3, 4, 5, 6, 7, 8]), ...frame(2, [9])];
  for (let size = 1; size <= bytes.length; size++) {
    assert.deepEqual(await read(bytes, size), [[0, []], [1, [1, 2, 3, 4, 5, 6, 7, 8]], [2, [9]]]);
  }
});

const wrong: Readonly<Record<string, readonly number[]>> = {
  "an end within a head": [1, 0, 0],
  "an end within a payload": frame(1, [1, 2]).slice(0, -1),
  "an unknown type": [3, 0, 0, 0, 0],
  "more than a frame may have": [1, 255, 255, 255, 255],
  "HTML": [...new TextEncoder().encode("<html></html>")],
};
for (const [what, bytes] of Object.entries(wrong)) {
  Deno.test(`readFrames() refuses ${what}`, async () => {
    await assert.rejects(read(bytes), TypeError);
  });
}
