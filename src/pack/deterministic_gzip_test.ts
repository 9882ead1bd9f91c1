import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import { deterministicGzip } from "./deterministic_gzip.ts";

const byteCount = 400_000;

/** Bytes between the extremes of what compresses: matches near and far, and runs that do not match at all. */
const inputs: Readonly<Record<string, Uint8Array>> = {
  zeros: new Uint8Array(byteCount),
  noise: noise(byteCount),
  "JSON lines": new TextEncoder().encode(
    Array.from(
      { length: 6_000 },
      (_, id) => JSON.stringify({ id, name: `user ${id * 7919 % 977}` }),
    )
      .join("\n"),
  ),
  "noise and repetition": noise(byteCount).map((byte, index) => index % 4096 < 2048 ? 7 : byte % 5),
};

function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

function* cut(bytes: Uint8Array, pieceBytes: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

async function compress(pieces: Iterable<Uint8Array>, size = byteCount): Promise<Uint8Array> {
  const gzip = Readable.from(pieces).pipe(deterministicGzip(size));
  return Buffer.concat(await Array.fromAsync(gzip as AsyncIterable<Uint8Array>));
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

for (const [name, bytes] of Object.entries(inputs)) {
  Deno.test(`deterministicGzip() gives the same bytes however ${name} are cut`, async () => {
    const whole = await compress([bytes]);
    assert.equal(sha256(gunzipSync(whole)), sha256(bytes));
    for (const pieceBytes of [509, 512, 1_000, 4_096, 16_384, 65_535, 65_536, 65_537, 262_144]) {
      const digest = sha256(await compress(cut(bytes, pieceBytes)));
      assert.equal(digest, sha256(whole), `pieces of ${pieceBytes} bytes`);
    }
    assert.equal(sha256(await compress([bytes], 0)), sha256(whole), "announced as empty");
  });
}

Deno.test("deterministicGzip() writes neither a name nor a time", async () => {
  const bytes = await compress([new Uint8Array(1)]);
  assert.deepEqual([...bytes.subarray(0, 10)], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
});
