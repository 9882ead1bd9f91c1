import { Buffer } from "node:buffer";
import { request, type RequestOptions } from "node:http";
import { readFrames } from "../../../src/hooks/hook_frames.ts";
import type { HookOutcome } from "../../../src/hooks/hook_outcome.ts";
import type { AttackCall, Form } from "./attack.ts";
import type { Jail } from "./jail.ts";

/** A request to the executor; its token is the right one unless `headers` say otherwise. */
export interface Asked extends RequestOptions {
  readonly headers?: Record<string, string>;
  readonly from?: "pod" | "outside";
  readonly body?: string | Uint8Array;
}

/** The raw answer; of a long one the start. */
export interface RawAnswer {
  readonly status: number;
  readonly body: Buffer;
  /** Bytes of the body. */
  readonly size: number;
}

const keptBytes = 4 * 2 ** 20;

/** Sends a request; rejects if the connection breaks. */
export function askRaw(jail: Jail, { from = "pod", body = "", ...options }: Asked) {
  const { headers = { authorization: `Bearer ${jail.token}` } } = options;
  const asked = request({
    ...{ socketPath: jail.socket(from), agent: false, method: "POST", path: "/execute" },
    ...options,
    // Otherwise the executor closes before it has taken a body that its answer did not need.
    headers: { ...headers, connection: "keep-alive" },
  });
  return new Promise<RawAnswer>((resolve, reject) => {
    asked.on("error", reject);
    asked.on("response", (response) => {
      const kept: Uint8Array[] = [];
      let size = 0;
      response.on("data", (piece: Uint8Array) => {
        if (size < keptBytes) kept.push(piece);
        size += piece.length;
      });
      response.on("error", reject);
      response.on("end", () => {
        asked.destroy();
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(kept), size });
      });
    });
    asked.end(body);
  });
}

/** What a call came to. */
export interface Answer {
  /** Everything that was sent back, as it was sent. */
  readonly text: string;
  readonly stdout: string;
  /** Of the streaming form. */
  readonly outcome?: HookOutcome;
  /** Of the form of today's clients: an exit code and standard error, or a status and a text. */
  readonly exitCode?: number;
  readonly said?: string;
  readonly status: number;
}

const askAs: Readonly<Record<Form, (jail: Jail, call: AttackCall) => Promise<Answer>>> = {
  once: askOnce,
  stream: askStream,
};

/** Calls the executor from its pod. */
export function askExecutor(jail: Jail, call: AttackCall, form: Form): Promise<Answer> {
  return askAs[form](jail, call);
}

async function askOnce(jail: Jail, call: AttackCall): Promise<Answer> {
  const { timeoutMs = 10_000, stdin = "", ...rest } = call;
  const asked = {
    ...rest,
    timeout: `${timeoutMs}ms`,
    stdin: Buffer.from(stdin).toString("base64"),
  };
  const { status, body } = await askRaw(jail, { body: JSON.stringify(asked) });
  const text = body.toString();
  if (status !== 200) return { status, text, stdout: "", said: text };
  const { stdout, stderr, exitCode } = JSON.parse(text);
  const [printed, said] = [stdout, stderr].map((each) => Buffer.from(each, "base64").toString());
  return { status, text: `${printed}\n${said}`, stdout: printed!, said: said!, exitCode };
}

async function askStream(jail: Jail, call: AttackCall): Promise<Answer> {
  const { command, args = [], env = {}, timeoutMs = 10_000, stdin = "" } = call;
  const head = JSON.stringify({ command, args, env, timeoutMs });
  const { status, body } = await askRaw(jail, {
    path: "/execute/stream",
    body: `${head}\n${stdin}`,
  });
  if (status !== 200) return { status, text: body.toString(), stdout: "", said: body.toString() };
  let stdout = "";
  let outcome: HookOutcome | undefined;
  for await (const { type, payload } of readFrames(pieces(body))) {
    const text = Buffer.from(payload).toString();
    if (type === 1) stdout += text;
    if (type === 2) outcome = JSON.parse(text);
  }
  const text = `${stdout}\n${JSON.stringify(outcome)}`;
  return { status, text, stdout, ...(outcome ? { outcome } : {}) };
}

async function* pieces(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}
