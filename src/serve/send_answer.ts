import { releasePiece } from "../core/release_piece.ts";
import type { HttpAnswer, StoredBody } from "./http_answer.ts";
import type { PiecePool } from "./piece_pool.ts";

/** Where an answer goes. */
export interface AnswerSink {
  readonly pool: PiecePool;
  /** Gives bytes to the client; resolves when it has taken at least one, with how many. Rejects once it is gone. */
  write(bytes: Uint8Array): Promise<number>;
}

const encoder = new TextEncoder();

/**
 * Sends a head and the body of an answer, if it has one.
 *
 * @throws {Error} if the client is gone, or the artifact ends before its size: then the connection cannot go on
 */
export async function sendAnswer(sink: AnswerSink, head: string, body: HttpAnswer["body"]) {
  if (!body) return await writeAll(sink, encoder.encode(head));
  if (body instanceof Uint8Array) return await writeAll(sink, joined(encoder.encode(head), body));
  if (body.artifact.read) return await sendByReading(sink, head, body);
  await writeAll(sink, encoder.encode(head));
  await sendStream(sink, body);
}

const nothing = new Uint8Array(0);
const probeBytes = 1024;

async function sendByReading(sink: AnswerSink, head: string, body: StoredBody): Promise<void> {
  const { start, end } = body.range;
  let position = start;
  position += await sendPiece(sink, body, { position, prefix: encoder.encode(head) });
  while (position < end) {
    // Where neither reading nor writing has to wait, nothing else would run until the end of the file.
    await turnOfLoop();
    position += await sendPiece(sink, body, { position, prefix: nothing });
  }
}

interface PieceOptions {
  readonly position: number;
  /** Bytes to send before. */
  readonly prefix: Uint8Array;
}

/**
 * Sends as much as the client takes at once; if that is not all, waits for it with a few bytes in hand: a client that
 * does not read must not hold a buffer.
 *
 * @returns bytes of the body sent
 */
async function sendPiece(
  sink: AnswerSink,
  body: StoredBody,
  { position, prefix }: PieceOptions,
): Promise<number> {
  const left = body.range.end - position;
  const piece = sink.pool.take();
  let filled = prefix.length;
  let sent = 0;
  try {
    piece.bytes.set(prefix);
    const into = piece.bytes.subarray(prefix.length, prefix.length + left);
    filled += await read(body, into, position);
    sent = await sink.write(piece.bytes.subarray(0, filled));
  } finally {
    piece.release();
  }
  if (sent === filled) return sent - prefix.length;
  if (sent < prefix.length) await writeAll(sink, prefix.subarray(sent));
  const count = Math.max(0, sent - prefix.length);
  return count + await sendProbe(sink, body, position + count);
}

async function sendProbe(sink: AnswerSink, body: StoredBody, position: number): Promise<number> {
  const probe = new Uint8Array(Math.min(probeBytes, body.range.end - position));
  const count = await read(body, probe, position);
  await writeAll(sink, probe.subarray(0, count));
  return count;
}

function turnOfLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Reads some bytes, synchronously if the artifact can: a turn of the loop for each would be half the cost. */
function read({ artifact }: StoredBody, into: Uint8Array, position: number) {
  if (into.length === 0) return 0;
  const count = artifact.read!(into, position);
  return typeof count === "number" ? some(count) : count.then(some);
}

function some(count: number): number {
  if (count === 0) throw new Error("Cannot send artifact: it is shorter than its size");
  return count;
}

async function sendStream(sink: AnswerSink, { artifact, range }: StoredBody): Promise<void> {
  const whole = range.start === 0 && range.end === artifact.size;
  const reader = (whole ? artifact.stream() : artifact.stream(range)).getReader();
  let left = range.end - range.start;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      left -= next.value.length;
      if (left < 0) break;
      await writeAll(sink, next.value);
      releasePiece(next.value);
    }
  } catch (error) {
    await reader.cancel(error).catch(() => undefined);
    throw error;
  }
  if (left !== 0) throw new Error("Cannot send artifact: it differs from its size");
}

async function writeAll(sink: AnswerSink, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) {
    sent += await sink.write(sent === 0 ? bytes : bytes.subarray(sent));
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
