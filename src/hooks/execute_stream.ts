import { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../core/clock.ts";
import { releasePiece } from "../core/release_piece.ts";
import { frameHead, type FrameType } from "./hook_frames.ts";
import { type HookOutcome, parseHookCall, parseJson } from "./hook_outcome.ts";
import type { HookCall } from "./hook_call.ts";
import { HookRefused } from "./hook_refused.ts";
import type { HookRunner } from "./hook_runner.ts";
import { HookUnavailable } from "./hook_unavailable.ts";

const maxHeadBytes = 256 * 1024;
const newline = 10;

/** How often the caller gets a sign of life, which also shows us that it has gone. */
const aliveMs = 1_000;

/** What a request is answered with. */
export interface Execution {
  readonly runner: HookRunner;
  readonly clock: Clock;
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
}

/**
 * `POST /execute/stream`. The request is one line of JSON, a {@linkcode HookCall}, and behind it standard input until the end of the
 * body. The answer, 200 and `application/octet-stream`, is frames: one byte of type, four of length (big-endian), the payload.
 * Type 1 is a piece of standard output, type 2 the end as a JSON {@linkcode HookOutcome} and always the last one, type 0 is
 * empty and comes every second. An answer without a frame of type 2 was broken off. 400 if the first line is no call.
 */
export async function executeStream(
  request: IncomingMessage,
  response: ServerResponse,
  execution: Execution,
): Promise<void> {
  const body = request[Symbol.asyncIterator]();
  const head = await readLine(body);
  const call = head && parseHookCall(parseJson(head.line));
  if (!call) return void response.writeHead(400).end("Invalid request\n");
  response.writeHead(200, { "content-type": "application/octet-stream" });
  response.flushHeaders();
  const stopAlive = keepAlive(response, execution.clock);
  try {
    const outcome = await run(call, { ...execution, stdin: following(head.rest, body), response });
    await sendFrame(response, 2, Buffer.from(JSON.stringify(outcome)));
    response.end();
  } finally {
    stopAlive();
  }
}

async function run(
  call: HookCall,
  { runner, stdin, response, signal }: Execution & {
    readonly stdin: AsyncIterable<Uint8Array>;
    readonly response: ServerResponse;
  },
): Promise<HookOutcome> {
  const write = (piece: Uint8Array) => sendFrame(response, 1, piece);
  try {
    return await runner.run(call, { stdin, write, signal });
  } catch (error) {
    if (error instanceof HookRefused) return { refused: error.reason };
    if (error instanceof HookUnavailable) return { unavailable: error.state };
    throw error;
  }
}

/** Resolves when the system has it all, and with it the caller can take more; the payload may then be used again. */
function sendFrame(response: ServerResponse, type: FrameType, payload: Uint8Array): Promise<void> {
  const frame = Buffer.concat([frameHead(type, payload.length), payload]);
  return new Promise((resolve, reject) => {
    const gone = () => reject(new Error("the caller went away"));
    response.once("close", gone);
    response.write(frame, (error) => {
      response.off("close", gone);
      releasePiece(frame);
      if (error) reject(error);
      else resolve();
    });
  });
}

function keepAlive(response: ServerResponse, clock: Clock): () => void {
  const beat = () => {
    // Whoever does not take what was sent gets no more.
    if (!response.writableNeedDrain) response.write(frameHead(0, 0));
    cancel = clock.schedule(beat, aliveMs);
  };
  let cancel = clock.schedule(beat, aliveMs);
  return () => cancel();
}

/** The first line and what was read behind it; undefined if there is none. */
async function readLine(
  body: AsyncIterator<Uint8Array>,
): Promise<{ line: string; rest: Uint8Array } | undefined> {
  let bytes = Buffer.alloc(0);
  for (let next = await body.next(); !next.done; next = await body.next()) {
    bytes = Buffer.concat([bytes, next.value]);
    const end = bytes.indexOf(newline);
    if (end >= 0) return { line: bytes.toString("utf8", 0, end), rest: bytes.subarray(end + 1) };
    if (bytes.length > maxHeadBytes) return undefined;
  }
  return undefined;
}

async function* following(
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first;
  for await (const piece of { [Symbol.asyncIterator]: () => rest }) {
    yield piece;
    releasePiece(piece);
  }
}
