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

async function sendByReading(sink: AnswerSink, head: string, body: StoredBody): Promise<void> {
  const { end } = body.range;
  let position = body.range.start;
  const piece = sink.pool.take();
  try {
    let filled = encoder.encodeInto(head, piece.bytes).written;
    do {
      const room = Math.min(piece.bytes.length, filled + end - position);
      const count = await read(body, piece.bytes.subarray(filled, room), position);
      position += count;
      await writeAll(sink, piece.bytes.subarray(0, filled + count));
      filled = 0;
      // Where neither reading nor writing has to wait, nothing else would run until the end of the file.
      if (position < end) await turnOfLoop();
    } while (position < end);
  } finally {
    piece.release();
  }
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
