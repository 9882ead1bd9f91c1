import { availableParallelism } from "node:os";
import type { Clock } from "../core/clock.ts";
import { callProblem } from "./check_call.ts";
import { type CommandWrapper, findCommandWrapper } from "./command_wrapper.ts";
import { findProgram, type FoundProgram } from "./find_program.ts";
import type { HookCall } from "./hook_call.ts";
import type { HookLimits } from "./hook_limits.ts";
import { HookProcesses } from "./hook_processes.ts";
import { HookRefused } from "./hook_refused.ts";
import type { HookResult, HookRunner, HookStreams } from "./hook_runner.ts";
import { HookSlots } from "./hook_slots.ts";
import { HookUnavailable } from "./hook_unavailable.ts";
import { followCommand } from "./follow_command.ts";
import { ScratchDirectories } from "./scratch_directories.ts";
import type { Verdict, Whitelist } from "./whitelist_check.ts";

/** What a `SpawnRunner` works with. */
export interface SpawnRunnerOptions {
  /** The whitelist in force; undefined while there is none. */
  readonly whitelist: () => Whitelist | undefined;
  readonly clock: Clock;
  /** Hooks that run at once. */
  readonly slots: number;
  /** How long a hook waits for its turn, in milliseconds. */
  readonly maxWaitMs: number;
  /** Where the working directories of hooks are made, such as the directory of temporary files. */
  readonly scratch: string;
  readonly limits: HookLimits;
  /** A text that nobody can guess, another one with each call. */
  readonly newMark: () => string;
  /** Is told, once each, what of the protection this system does not have. */
  readonly onProblem: (message: string) => void;
}

const fixedEnvironment = { LANG: "C.UTF-8", PATH: "/usr/local/bin:/usr/bin:/bin" };

/** Runs hooks as processes of this machine: in the sidecar, and in-process for `local` and `build`. */
export class SpawnRunner implements HookRunner, AsyncDisposable {
  readonly #options: SpawnRunnerOptions;
  readonly #processes: HookProcesses;
  readonly #scratch: ScratchDirectories;
  /** How many run and wait, for metrics. */
  readonly slots: HookSlots;
  readonly #digests = new Map<string, string>();
  #prepared: Promise<CommandWrapper> | undefined;

  constructor(options: SpawnRunnerOptions) {
    this.#options = options;
    this.#processes = new HookProcesses(options);
    this.#scratch = new ScratchDirectories(options.scratch);
    this.slots = new HookSlots(options);
  }

  async run(call: HookCall, streams: HookStreams): Promise<HookResult> {
    streams.signal.throwIfAborted();
    this.#check(call);
    const giveBack = await this.slots.take(streams.signal);
    try {
      // The whitelist may have become another one meanwhile.
      const verdict = this.#check(call);
      const wrapper = await this.prepare();
      const program = await findProgram(verdict, this.#digests);
      if (typeof program === "string") {
        return { end: { kind: "absent", state: program }, durationMs: 0, stderr: "" };
      }
      const { maxOutput } = verdict;
      return await this.#runProgram({ ...call, program, wrapper, maxOutput }, streams);
    } finally {
      giveBack();
    }
  }

  /** What the first hook would wait for otherwise. */
  prepare(): Promise<CommandWrapper> {
    return this.#prepared ??= this.#prepare();
  }

  /** A failure is not kept: the next hook tries again. */
  async #prepare(): Promise<CommandWrapper> {
    const { limits: { processes, ...others }, onProblem } = this.#options;
    try {
      const limits = await this.#processes.isAlone() ? { ...others, processes } : others;
      return await findCommandWrapper(limits, onProblem);
    } catch (error) {
      this.#prepared = undefined;
      throw error;
    }
  }

  /** To be called when no hook runs any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scratch[Symbol.asyncDispose]();
  }

  #check(call: HookCall): Extract<Verdict, { allowed: true }> {
    const problem = callProblem(call);
    if (problem !== undefined) throw new HookRefused(problem);
    const whitelist = this.#options.whitelist();
    if (!whitelist) throw new HookUnavailable("there is no whitelist of commands");
    const verdict = whitelist.check(call);
    if (!verdict.allowed) throw new HookRefused(verdict.reason);
    return verdict;
  }

  async #runProgram(planned: PlannedCommand, streams: HookStreams): Promise<HookResult> {
    const { clock, newMark } = this.#options;
    const directory = await this.#createScratch();
    try {
      const mark = newMark();
      const startedAt = clock.now();
      const child = spawn(planned, { directory, mark });
      const run = { pid: child.pid, variable: `EXTERNALSOURCE_HOOK=${mark}` };
      this.#processes.add(run);
      const { end, stderr } = await followCommand(child, {
        ...{ streams, clock },
        isSwapped: async () => !await planned.program.isUnchanged(),
        timeoutMs: planned.timeoutMs,
        maxOutput: planned.maxOutput,
        kill: () => this.#processes.killGroup(run),
        endAll: () => this.#processes.end(run),
      });
      return { end, stderr, durationMs: clock.now() - startedAt };
    } finally {
      await this.#scratch.remove(directory);
    }
  }

  async #createScratch(): Promise<string> {
    try {
      return await this.#scratch.create();
    } catch (cause) {
      throw new HookUnavailable("no directory can be made for it to work in", { cause });
    }
  }
}

interface PlannedCommand extends HookCall {
  readonly program: FoundProgram;
  readonly wrapper: CommandWrapper;
  readonly maxOutput: number;
}

/** The command with nothing of our environment, in a session and so a group of its own. */
function spawn(
  planned: PlannedCommand,
  { directory, mark }: { readonly directory: string; readonly mark: string },
): Deno.ChildProcess {
  // The time-out is one of the wall; a program may use every core until then.
  const cpuSeconds = (Math.ceil(planned.timeoutMs / 1_000) + 1) * availableParallelism();
  const [file = "", ...args] = [
    ...planned.wrapper(cpuSeconds),
    planned.program.file,
    ...planned.args,
  ];
  const own = { HOME: directory, TMPDIR: directory, EXTERNALSOURCE_HOOK: mark };
  try {
    return new Deno.Command(file, {
      args,
      cwd: directory,
      clearEnv: true,
      env: { ...planned.env, ...fixedEnvironment, ...own },
      detached: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (cause) {
    throw new HookUnavailable("no process can be started for it", { cause });
  }
}
