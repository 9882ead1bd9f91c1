import { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import { parseDuration } from "../core/duration.ts";
import type { Execution } from "./execute_stream.ts";
import type { HookCall } from "./hook_call.ts";
import { parseHookCall, parseJson } from "./hook_outcome.ts";
import { HookRefused } from "./hook_refused.ts";
import type { HookEnd } from "./hook_runner.ts";
import { HookUnavailable } from "./hook_unavailable.ts";

/** Of the request and of what is printed: both are in memory as a whole. */
const maxBytes = 32 * 2 ** 20;

const defaultTimeoutMs = 30_000;

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
    response.writeHead(200, { "content-type": "application/json" });
    response.end(`${JSON.stringify(answer)}\n`);
  }
}

interface Executed {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

async function answerTo(
  request: IncomingMessage,
  { runner, signal }: Execution,
): Promise<Refusal | Executed> {
  const text = await readBody(request);
  if (text === undefined) return { status: 413, text: "Request is too large" };
  const asked = parseRequest(text);
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
    stdout: stdout.toString("base64"),
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
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Uint8Array>) {
    size += piece.length;
    if (size > maxBytes) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

function parseRequest(
  text: string,
): Refusal | { readonly call: HookCall; readonly stdin: AsyncIterable<Uint8Array> } {
  const refusal = { status: 400, text: "Invalid request body" };
  const value = parseJson(text);
  if (typeof value !== "object" || value === null) return refusal;
  const { command = "", args, env, timeout, stdin } = value as Record<string, unknown>;
  const timeoutMs = parseTimeout(timeout ?? "");
  if (timeoutMs === undefined) return { status: 400, text: "Invalid timeout" };
  const call = parseHookCall({ command, args: args ?? [], env: env ?? {}, timeoutMs });
  if (!call) return refusal;
  const input = parseBase64(stdin ?? "");
  if (!input) return { status: 400, text: "Invalid base64 in stdin" };
  return { call, stdin: piecesOf(input) };
}

function parseTimeout(value: unknown): number | undefined {
  if (typeof value !== "string") return undefined;
  return value === "" ? defaultTimeoutMs : parseDuration(value);
}

function parseBase64(value: unknown): Buffer | undefined {
  if (typeof value !== "string") return undefined;
  const text = value.replace(/[\r\n]/g, "");
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  return isBase64 ? Buffer.from(text, "base64") : undefined;
}

const pieceSize = 64 * 1024;

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceSize) yield bytes.subarray(at, at + pieceSize);
}
