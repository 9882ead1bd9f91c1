import { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setImmediate } from "node:timers/promises";
import { parseDuration } from "../core/duration.ts";
import { releasePiece } from "../core/release_piece.ts";
import type { Execution } from "./execute_stream.ts";
import type { HookCall } from "./hook_call.ts";
import { parseHookCall, parseJson } from "./hook_outcome.ts";
import { HookRefused } from "./hook_refused.ts";
import type { HookEnd } from "./hook_runner.ts";
import { HookUnavailable } from "./hook_unavailable.ts";

/** Of the request and of what is printed: both are in memory as a whole. */
const maxBytes = 32 * 2 ** 20;

const defaultTimeoutMs = 30_000;

/** So much is made of or into base64 between two turns of the event loop; whole groups of three bytes and four characters. */
const sliceBytes = 3 * 2 ** 18;
const sliceCharacters = 4 * 2 ** 18;

/** A request that is answered with a status and a line of text. */
interface Refusal {
  readonly status: number;
  readonly text: string;
}

/** `POST /execute` as clients of the Go implementation speak it (COMPATIBILITY §8): JSON with base64, all at once. */
export async function executeOnce(
  request: IncomingMessage,
  response: ServerResponse,
  execution: Execution,
): Promise<void> {
  const answer = await answerTo(request, execution);
  if ("status" in answer) {
    response.writeHead(answer.status, { "content-type": "text/plain; charset=utf-8" });
    response.end(`${answer.text}\n`);
  } else {
    await sendExecuted(response, answer);
  }
}

/** The JSON of `stdout` in base64, `stderr` and `exitCode`, made in pieces: all at once it would hold the event loop. */
async function sendExecuted(response: ServerResponse, answer: Executed): Promise<void> {
  const { stdout, stderr, exitCode } = answer;
  response.writeHead(200, { "content-type": "application/json" });
  response.write('{"stdout":"');
  for (let at = 0; at < stdout.length; at += sliceBytes) {
    response.write(stdout.toString("base64", at, at + sliceBytes));
    await setImmediate();
  }
  response.end(`","stderr":${JSON.stringify(stderr)},"exitCode":${exitCode}}\n`);
}

interface Executed {
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly exitCode: number;
}

async function answerTo(
  request: IncomingMessage,
  { runner, signal }: Execution,
): Promise<Refusal | Executed> {
  const text = await readBody(request);
  if (text === undefined) return { status: 413, text: "Request is too large" };
  const asked = await parseRequest(text);
  if ("status" in asked) return asked;
  const output = new CollectedOutput();
  try {
    const write = (piece: Uint8Array) => output.add(piece);
    const { end, stderr } = await runner.run(asked.call, { stdin: asked.stdin, write, signal });
    return executed(output.take(), { end, stderr });
  } catch (error) {
    if (error instanceof HookRefused) {
      return { status: 403, text: `Command ${asked.call.command} is not whitelisted` };
    }
    if (error instanceof HookUnavailable) return { status: 503, text: error.state };
    if (error !== tooMuch) throw error;
    return executed(output.take(), {
      end: { kind: "output", maxBytes },
      stderr: "",
    });
  }
}

function executed(
  stdout: Buffer,
  { end, stderr }: { readonly end: HookEnd; readonly stderr: string },
): Executed {
  const said = [stderr, explain(end)].filter((each) => each !== "").join("\n");
  return {
    stdout,
    stderr: Buffer.from(said).toString("base64"),
    exitCode: end.kind === "exit" ? end.code : end.kind === "absent" ? 1 : -1,
  };
}

function explain(end: HookEnd): string {
  switch (end.kind) {
    case "exit":
    case "signal":
      return "";
    case "timeout":
      return "killed at its time-out";
    case "output":
      return `killed because it printed more than ${end.maxBytes} bytes`;
    case "absent":
      return end.state;
  }
}

const tooMuch = new Error("more is printed than fits into an answer");

class CollectedOutput {
  readonly #pieces: Uint8Array[] = [];
  #size = 0;

  async add(piece: Uint8Array): Promise<void> {
    this.#size += piece.length;
    if (this.#size > maxBytes) throw tooMuch;
    this.#pieces.push(piece.slice());
  }

  take(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}

/** @returns undefined if it is too large */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  const texts: string[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Uint8Array>) {
    size += piece.length;
    if (size > maxBytes) return undefined;
    texts.push(utf8.decode(piece, { stream: true }));
    releasePiece(piece);
  }
  texts.push(utf8.decode());
  const text = texts.join("");
  await setImmediate();
  return text;
}

async function parseRequest(
  text: string,
): Promise<Refusal | { readonly call: HookCall; readonly stdin: AsyncIterable<Uint8Array> }> {
  const refusal = { status: 400, text: "Invalid request body" };
  const value = parseJson(text);
  if (typeof value !== "object" || value === null) return refusal;
  const { command = "", args, env, timeout, stdin } = value as Record<string, unknown>;
  const timeoutMs = parseTimeout(timeout ?? "");
  if (timeoutMs === undefined) return { status: 400, text: "Invalid timeout" };
  const call = parseHookCall({ command, args: args ?? [], env: env ?? {}, timeoutMs });
  if (!call) return refusal;
  const input = await parseBase64(stdin ?? "");
  if (!input) return { status: 400, text: "Invalid base64 in stdin" };
  return { call, stdin: piecesOf(input) };
}

function parseTimeout(value: unknown): number | undefined {
  if (typeof value !== "string") return undefined;
  return value === "" ? defaultTimeoutMs : parseDuration(value);
}

async function parseBase64(value: unknown): Promise<Buffer | undefined> {
  if (typeof value !== "string") return undefined;
  await setImmediate();
  const text = value.replace(/[\r\n]/g, "");
  if (text.length % 4 !== 0) return undefined;
  const bytes = Buffer.alloc(text.length / 4 * 3);
  let size = 0;
  for (let at = 0; at < text.length; at += sliceCharacters) {
    await setImmediate();
    const slice = text.slice(at, at + sliceCharacters);
    const isLast = at + slice.length === text.length;
    if (!(isLast ? /^[A-Za-z0-9+/]*={0,2}$/ : /^[A-Za-z0-9+/]*$/).test(slice)) return undefined;
    size += bytes.write(slice, size, "base64");
  }
  return bytes.subarray(0, size);
}

const pieceSize = 64 * 1024;

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceSize) yield bytes.subarray(at, at + pieceSize);
}
