import type { Clock } from "../core/clock.ts";
import { CommandEnding } from "./command_ending.ts";
import { feedInput } from "./feed_input.ts";
import type { HookEnd, HookResult, HookStreams } from "./hook_runner.ts";
import { readStart } from "./read_start.ts";

const maxStderr = 4 * 1024;
const pieceSize = 64 * 1024;

/** A day: timers of JavaScript end at once if they are to last longer than 24 days. */
const longestTimeout = 86_400_000;

/** How a running command is followed. */
export interface Following {
  readonly streams: HookStreams;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly maxOutput: number;
  /** Whether the program has been replaced since it was checked. */
  readonly isSwapped: () => Promise<boolean>;
  /** Kills the command's group. */
  readonly kill: () => void;
  /** Kills everything that the command has started, and resolves when nothing is left. */
  readonly endAll: () => Promise<void>;
}

/**
 * Feeds a command, takes its output, ends it if need be, and settles when nothing of it is left.
 *
 * @throws what the input or the output throws, and the reason of an abort
 */
export async function followCommand(
  child: Deno.ChildProcess,
  following: Following,
): Promise<Pick<HookResult, "end" | "stderr">> {
  const { streams: { signal, stdin }, clock, endAll } = following;
  const ending = new CommandEnding(following.kill);
  const aborted = () => ending.failed(signal.reason);
  signal.addEventListener("abort", aborted);
  if (signal.aborted) aborted();
  const timeoutMs = Math.min(following.timeoutMs, longestTimeout);
  const cancelTimeout = clock.schedule(() => ending.because({ kind: "timeout" }), timeoutMs);
  const checkProgram = async () => void (await following.isSwapped() && ending.because(swapEnd));
  const checked = checkProgram();
  const fed = feedInput(stdin, { stdin: child.stdin, over: ending.over }).catch(ending.failed);
  const output = child.stdout.getReader({ mode: "byob" });
  const taken = takeOutput(output, { ...following, ending }).catch(ending.failed);
  const stderr = readStart(child.stderr, maxStderr).catch(() => "");
  try {
    const status = await child.status;
    ending.ended();
    cancelTimeout();
    // First what it has started, which may hold its output open.
    await endAll();
    await Promise.all([fed, checked.then(checkProgram)]);
    // The consumer may take its time with what was printed; only an abort or an error ends that.
    await Promise.race([taken, ending.reason]);
    ending.because(endOf(status));
    const reason = await ending.reason;
    if ("error" in reason) throw reason.error;
    return { end: reason, stderr: await stderr };
  } finally {
    signal.removeEventListener("abort", aborted);
    await Promise.all([output.cancel().catch(() => {}), stderr]);
  }
}

const swapEnd = { kind: "absent", state: "the program was replaced while it was run" } as const;

function endOf({ signal, code }: Deno.CommandStatus): HookEnd {
  return signal ? { kind: "signal", signal } : { kind: "exit", code };
}

/** One buffer for all of it: pieces of their own would be garbage as large as the document. */
async function takeOutput(
  output: ReadableStreamBYOBReader,
  { streams, maxOutput, ending }: Following & { readonly ending: CommandEnding },
): Promise<void> {
  const read = (buffer: ArrayBuffer) => output.read(new Uint8Array(buffer));
  let size = 0;
  let next = await read(new ArrayBuffer(pieceSize));
  for (; !next.done; next = await read(next.value.buffer)) {
    size += next.value.length;
    if (size > maxOutput) return ending.because({ kind: "output", maxBytes: maxOutput });
    await streams.write(next.value);
  }
}
