/** What a frame holds: nothing but a sign of life, a piece of standard output, or how it ended. */
export type FrameType = 0 | 1 | 2;

/** One frame of the answer to `POST /execute/stream`. */
export interface HookFrame {
  readonly type: FrameType;
  /** Valid until the next frame is asked for. */
  readonly payload: Uint8Array;
}

/** Pieces of standard output are 64 KiB; nothing longer than this is an answer of ours. */
const maxPayload = 2 ** 20;

/** The five bytes before a payload: type, then length, big-endian. */
export function frameHead(type: FrameType, length: number): Uint8Array {
  const head = new Uint8Array(5);
  head[0] = type;
  new DataView(head.buffer).setUint32(1, length);
  return head;
}

/**
 * Reads frames from pieces that are cut anywhere.
 *
 * @throws {TypeError} if they are no frames, or end within one
 */
export async function* readFrames(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<HookFrame> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const piece of pieces) {
    rest = rest.length === 0 ? piece : joined(rest, piece);
    for (let frame = firstFrame(rest); frame; frame = firstFrame(rest)) {
      rest = rest.subarray(5 + frame.payload.length);
      yield frame;
    }
  }
  if (rest.length > 0) throw new TypeError("the answer ends within a frame");
}

function firstFrame(bytes: Uint8Array): HookFrame | undefined {
  if (bytes.length < 5) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [type, length] = [view.getUint8(0), view.getUint32(1)];
  if (!isType(type) || length > maxPayload) throw new TypeError("the answer is not in frames");
  return bytes.length < 5 + length ? undefined : { type, payload: bytes.subarray(5, 5 + length) };
}

function isType(type: number): type is FrameType {
  return type === 0 || type === 1 || type === 2;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
