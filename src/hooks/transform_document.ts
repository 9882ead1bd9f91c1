import type { Document } from "../core/document.ts";
import type { HookAttempts, RunHook } from "./hook_attempts.ts";
import type { HookStep } from "./hook_step.ts";
import { InputFile } from "./input_file.ts";
import { OutputFile } from "./output_file.ts";

/** How documents pass from hook to hook. */
export interface TransformOptions {
  readonly attempts: HookAttempts;
  /** Bytes above which the output of a hook is refused. */
  readonly maxSize: number;
  /** Path of a file that does not exist yet. */
  readonly newFile: () => string;
}

/**
 * Passes a document through hooks, each a process of its own; memory does not grow with it. At most two files of ours
 * exist beside the given one, which stays.
 *
 * @returns the last output, whose file the caller removes; the given document if there is no hook or all were ignored
 * @throws {StepError} class `hook` or, for files, `storage`; then no file of ours is left
 */
export async function transformDocument(
  document: Document,
  steps: readonly HookStep[],
  options: TransformOptions,
): Promise<Document> {
  let current = document;
  const drop = async () => {
    if (current !== document) await Deno.remove(current.file);
  };
  try {
    for (const step of steps) {
      const input = current;
      const next = await options.attempts.run(step, (run) => runOnce(input, run, options));
      if (!next) continue;
      await drop();
      current = next;
    }
    return current;
  } catch (error) {
    await drop();
    throw error;
  }
}

async function runOnce(
  document: Document,
  run: RunHook,
  { maxSize, newFile }: TransformOptions,
): Promise<Document> {
  const input = await InputFile.open(document);
  try {
    const output = await OutputFile.create(newFile(), maxSize);
    try {
      await run({ stdin: input.pieces(), write: (piece) => output.write(piece) });
    } catch (error) {
      await output.discard();
      throw error;
    }
    return output.finish();
  } finally {
    input.close();
  }
}
