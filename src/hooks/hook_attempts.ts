import type { Clock } from "../core/clock.ts";
import type { NamespacedName } from "../core/source_key.ts";
import { failureOfRun, HookFailure, type HookFailureKind } from "./hook_failure.ts";
import { HookRefused } from "./hook_refused.ts";
import type { HookStage } from "./hook_stage.ts";
import type { HookStep } from "./hook_step.ts";
import { HookUnavailable } from "./hook_unavailable.ts";

/** What a hook reads and where its output goes. */
export interface HookInOut {
  readonly stdin: AsyncIterable<Uint8Array>;
  /** A {@linkcode HookFailure} that it throws is the hook's fault, anything else is not. */
  write(piece: Uint8Array): Promise<void>;
  /** Called after a run that ended well. @throws {HookFailure} if what was printed cannot be used */
  accept?(): void;
}

/** Runs the hook once; settles when nothing of it is left. @throws {HookFailure} if it did not end well */
export type RunHook = (inOut: HookInOut) => Promise<void>;

/** For whom hooks run, and within which bounds. */
export interface HookAttemptsOptions {
  readonly stage: HookStage;
  readonly source: NamespacedName;
  /** How many runs may be repeated; 0 or less: none. */
  readonly maxRetries: number;
  /** Waits for leave to run; held for one run, never for a pause. */
  readonly slot: () => Promise<() => void>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const pauseStepMs = 1_000;

/** Failures that come of load, memory or the image, and not of the input alone. */
const circumstances: readonly HookFailureKind[] = ["timeout", "signal", "absent"];

/** The hook runs of one reconcile, which share one budget of retries (DESIGN §3, `maxRetries`). */
export class HookAttempts {
  readonly #options: HookAttemptsOptions;
  #retries = 0;
  #passedOver = false;

  constructor(options: HookAttemptsOptions) {
    this.#options = options;
  }

  /** Whether something may still be repeated in this reconcile. */
  get hasRetries(): boolean {
    return this.#retries < this.#options.maxRetries;
  }

  /** Whether a hook was ignored for what another run over the same input may not meet, such as a time-out. */
  get passedOver(): boolean {
    return this.#passedOver;
  }

  /**
   * Runs a hook as often as its policy and the budget allow. What could not be run for a reason of ours is not ignored:
   * a sidecar that is away for a moment must not change what is published.
   *
   * @param attempt makes something of one run
   * @returns what the last attempt made; undefined if the hook failed and its policy is to ignore that
   * @throws {StepError} class `hook`; the reason of the signal if that aborts
   */
  async run<Made>(
    step: HookStep,
    attempt: (run: RunHook) => Promise<Made>,
  ): Promise<Made | undefined> {
    const { signal } = this.#options;
    for (;;) {
      try {
        return await this.#once(step, attempt);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof HookFailure)) throw error;
        const isOurs = error.kind === "unavailable" || error.kind === "refused";
        if (step.retryPolicy === "ignore" && !isOurs) {
          this.#passedOver ||= circumstances.includes(error.kind);
          return undefined;
        }
        if (step.retryPolicy !== "retry" || !this.hasRetries) throw error.toStepError(step);
      }
      await this.#pause(++this.#retries * pauseStepMs);
    }
  }

  async #once<Made>(
    step: HookStep,
    attempt: (run: RunHook) => Promise<Made>,
  ): Promise<Made> {
    const release = await this.#options.slot();
    try {
      return await attempt((inOut) => this.#execute(step, inOut));
    } finally {
      release();
    }
  }

  /** A failure of our own side of the streams ends the run and goes before what the runner makes of it. */
  async #execute(step: HookStep, { stdin, write, accept }: HookInOut): Promise<void> {
    const { stage, source, signal } = this.#options;
    signal.throwIfAborted();
    const abort = new AbortController();
    const end = () => abort.abort(signal.reason);
    signal.addEventListener("abort", end, { once: true });
    let own: { readonly error: unknown } | undefined;
    const guard = async <T>(step: () => Promise<T>): Promise<T> => {
      try {
        return await step();
      } catch (error) {
        own ??= { error };
        abort.abort(error);
        throw error;
      }
    };
    const streams = {
      stdin: guarded(stdin, guard),
      write: (piece: Uint8Array) => guard(() => write(piece)),
      ...(accept ? { accept } : {}),
      signal: abort.signal,
    };
    try {
      const failure = failureOfRun(await stage.run(step, streams, source));
      if (own) throw own.error;
      if (failure) throw failure;
    } catch (error) {
      throw own ? own.error : failureOfStart(error);
    } finally {
      signal.removeEventListener("abort", end);
    }
  }

  #pause(ms: number): Promise<void> {
    const { clock, signal } = this.#options;
    return new Promise((resolve, reject) => {
      const stop = () => {
        cancel();
        reject(signal.reason);
      };
      const cancel = clock.schedule(() => {
        signal.removeEventListener("abort", stop);
        resolve();
      }, ms);
      signal.addEventListener("abort", stop, { once: true });
    });
  }
}

async function* guarded(
  pieces: AsyncIterable<Uint8Array>,
  guard: <T>(step: () => Promise<T>) => Promise<T>,
): AsyncGenerator<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  try {
    for (let next = await guard(() => iterator.next()); !next.done;) {
      yield next.value;
      next = await guard(() => iterator.next());
    }
  } finally {
    await iterator.return?.();
  }
}

function failureOfStart(error: unknown): unknown {
  if (error instanceof HookUnavailable) {
    return new HookFailure("unavailable", error.state, { cause: error });
  }
  // The whitelist here has allowed it: what runs it has another one, most likely the one before or after a change.
  if (error instanceof HookRefused) {
    const state = `the whitelist here allows it, that of the executor does not: ${error.reason}`;
    return new HookFailure("refused", state, { cause: error });
  }
  return error;
}
