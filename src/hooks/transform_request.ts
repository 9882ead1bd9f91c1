import type { SourceRequest } from "../core/source_request.ts";
import { changedRequest, describeRequest } from "./changed_request.ts";
import type { HookAttempts } from "./hook_attempts.ts";
import { HookFailure } from "./hook_failure.ts";
import type { HookStep } from "./hook_step.ts";

/** More than any request that a server takes. */
const maxRequestBytes = 1_048_576;

/**
 * Passes a request through hooks, each of which may replace its URL, method and headers.
 *
 * @throws {StepError} class `hook`
 */
export async function transformRequest(
  request: SourceRequest,
  steps: readonly HookStep[],
  attempts: HookAttempts,
): Promise<SourceRequest> {
  let current = request;
  for (const step of steps) {
    const input = current;
    const next = await attempts.run(step, async (run) => {
      const output = new RequestOutput();
      let changed = input;
      await run({
        stdin: once(describeRequest(input)),
        write: (piece) => output.write(piece),
        accept: () => void (changed = changedRequest(input, output.text())),
      });
      return changed;
    });
    current = next ?? current;
  }
  return current;
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

class RequestOutput {
  readonly #pieces: Uint8Array<ArrayBuffer>[] = [];
  #size = 0;

  write(piece: Uint8Array): Promise<void> {
    this.#size += piece.length;
    if (this.#size > maxRequestBytes) {
      const state = `printed more than ${maxRequestBytes} bytes`;
      return Promise.reject(new HookFailure("output", state));
    }
    this.#pieces.push(new Uint8Array(piece));
    return Promise.resolve();
  }

  text(): string {
    const bytes = new Uint8Array(this.#size);
    let at = 0;
    for (const piece of this.#pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      throw new HookFailure("invalid", "its output is no UTF-8");
    }
  }
}
