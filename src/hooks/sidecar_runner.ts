import { Buffer } from "node:buffer";
import { Readable } from "node:stream";
import { Agent, type Dispatcher, request } from "undici";
import type { Clock } from "../core/clock.ts";
import type { HookCall } from "./hook_call.ts";
import { readFrames } from "./hook_frames.ts";
import { type HookOutcome, parseHookOutcome } from "./hook_outcome.ts";
import { HookRefused } from "./hook_refused.ts";
import type { HookResult, HookRunner, HookStreams } from "./hook_runner.ts";
import { HookUnavailable } from "./hook_unavailable.ts";

/** What a `SidecarRunner` works with. */
export interface SidecarRunnerOptions {
  /** `http://localhost:8082`, or `unix:/path` for a socket. */
  readonly endpoint: string;
  /** Reads the token anew; undefined where there is none. */
  readonly readToken?: () => Promise<string | undefined>;
  readonly clock: Clock;
}

/** The sidecar gives a sign of life every second. */
const silenceMs = 15_000;
const connectMs = 5_000;

const unreachable = ["ECONNREFUSED", "ENOENT", "ENOTFOUND", "UND_ERR_CONNECT_TIMEOUT"];

const states: Readonly<Record<number, string>> = {
  400: "the sidecar does not understand this controller: their versions differ",
  401: "the sidecar does not accept the token of HOOK_TOKEN_FILE",
  403: "the sidecar runs hooks of its own pod only",
  404:
    "the sidecar is of an older version, which cannot stream: give it the version of the controller",
};

/**
 * Runs hooks in the sidecar, by `POST /execute/stream`. An executor that lacks it, such as the Go implementation's, is not used: it
 * answers everybody and limits nothing. After an abort, and after a connection that broke, the sidecar ends the command by
 * itself within a few seconds. Never through a proxy.
 */
export class SidecarRunner implements HookRunner, AsyncDisposable {
  readonly #options: SidecarRunnerOptions;
  readonly #agent: Agent;
  readonly #origin: string;

  constructor(options: SidecarRunnerOptions) {
    const { endpoint } = options;
    const socketPath = endpoint.startsWith("unix:") ? endpoint.slice("unix:".length) : undefined;
    this.#options = options;
    this.#origin = socketPath === undefined ? new URL(endpoint).origin : "http://localhost";
    const connect = { timeout: connectMs, ...(socketPath === undefined ? {} : { socketPath }) };
    this.#agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, connect });
  }

  async run(call: HookCall, streams: HookStreams): Promise<HookResult> {
    streams.signal.throwIfAborted();
    const exchange = new Exchange(streams, this.#options.clock);
    try {
      const outcome = await this.#exchange(call, exchange);
      if ("refused" in outcome) throw new HookRefused(outcome.refused);
      if ("unavailable" in outcome) throw new HookUnavailable(outcome.unavailable);
      return outcome;
    } catch (error) {
      throw exchange.explain(error);
    } finally {
      exchange.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }

  async #exchange(call: HookCall, exchange: Exchange): Promise<HookOutcome> {
    const token = await this.#options.readToken?.();
    const { statusCode, body } = await request(`${this.#origin}/execute/stream`, {
      method: "POST",
      headers: {
        "content-type": "application/octet-stream",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: Readable.from(exchange.body(call), { objectMode: false }),
      dispatcher: this.#agent,
      signal: exchange.signal,
    });
    if (statusCode === 200) return await exchange.read(body);
    body.on("error", () => {}).destroy();
    throw new HookUnavailable(states[statusCode] ?? `the sidecar answers with ${statusCode}`);
  }
}

/** One request and its answer. */
class Exchange {
  readonly #streams: HookStreams;
  readonly #clock: Clock;
  readonly #ending = new AbortController();
  readonly signal = this.#ending.signal;
  #failure: { readonly error: unknown } | undefined;
  #cancelSilence = () => {};

  constructor(streams: HookStreams, clock: Clock) {
    this.#streams = streams;
    this.#clock = clock;
    streams.signal.addEventListener("abort", this.#aborted);
    this.#listen();
  }

  end(): void {
    this.#streams.signal.removeEventListener("abort", this.#aborted);
    this.#cancelSilence();
  }

  async *body(call: HookCall): AsyncGenerator<Uint8Array> {
    const { command, args, env, timeoutMs } = call;
    yield Buffer.from(`${JSON.stringify({ command, args, env, timeoutMs })}\n`);
    try {
      // A stream keeps pieces after it has asked for more.
      for await (const piece of this.#streams.stdin) yield piece.slice();
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  async read(body: Dispatcher.ResponseData["body"]): Promise<HookOutcome> {
    for await (const { type, payload } of readFrames(body)) {
      this.#cancelSilence();
      if (type === 1) await this.#write(payload);
      if (type === 2) return outcomeOf(payload);
      this.#listen();
    }
    throw new HookUnavailable("the sidecar broke off its answer");
  }

  /** What a failed exchange is to the caller: an error of its own streams comes first. */
  explain(error: unknown): unknown {
    if (this.#failure) return this.#failure.error;
    if (error instanceof HookRefused || error instanceof HookUnavailable) return error;
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const state = unreachable.includes(String(code))
      ? "the sidecar cannot be reached"
      : "the connection to the sidecar broke";
    return new HookUnavailable(state, { cause: error });
  }

  async #write(piece: Uint8Array): Promise<void> {
    try {
      await this.#streams.write(piece);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  #listen(): void {
    const state = "the sidecar does not answer";
    this.#cancelSilence = this.#clock.schedule(
      () => this.#fail(new HookUnavailable(state)),
      silenceMs,
    );
  }

  readonly #aborted = () => this.#fail(this.#streams.signal.reason);

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#ending.abort();
  }
}

function outcomeOf(payload: Uint8Array): HookOutcome {
  const outcome = parseHookOutcome(new TextDecoder().decode(payload));
  if (!outcome) throw new HookUnavailable("the sidecar gives an end that cannot be read");
  return outcome;
}
