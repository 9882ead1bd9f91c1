import type { Clock } from "../core/clock.ts";
import { findLeftovers, isAlone, type RunMark } from "./find_leftovers.ts";
import { type ListedProcess, readProcessTable } from "./process_table.ts";

/** How often the list is looked through while a command runs, for what its ended children have left. */
const watchMs = 5_000;

/** After this many rounds of killing, processes are stopped before they are killed: they may be made faster than they die. */
const patience = 1;

/** About ten seconds: a process that hangs in the kernel must not hold a worker for good. */
const maxRounds = 400;

/** What a `HookProcesses` works with. */
export interface HookProcessesOptions {
  readonly clock: Clock;
  readonly readTable?: typeof readProcessTable;
  /** Is told once if processes that leave their group cannot be found here. */
  readonly onProblem: (message: string) => void;
}

/** Every process of every run, so that none outlives its run. */
export class HookProcesses {
  readonly #options: HookProcessesOptions;
  readonly #runs = new Set<RunMark>();
  #alone: Promise<boolean> | undefined;
  #stopWatch: (() => void) | undefined;
  #blind = false;
  #current: Promise<readonly ListedProcess[]> | undefined;
  #next: Promise<readonly ListedProcess[]> | undefined;

  constructor(options: HookProcessesOptions) {
    this.#options = options;
  }

  /**
   * Whether nobody but us starts processes under our user, as in a container. To be asked before the first command starts: from then
   * on the answer would not be known.
   */
  isAlone(): Promise<boolean> {
    return this.#alone ??= this.#list().then((table) => isAlone(table, Deno.pid), (error) => {
      this.#alone = undefined; // no command has started then: the next one asks again
      throw error;
    });
  }

  add(run: RunMark): void {
    this.#runs.add(run);
    this.#watch();
  }

  /** Kills the command's group, at once. */
  killGroup({ pid }: RunMark): void {
    signalQuietly(-pid, "SIGKILL");
  }

  /** Kills whatever is left of a run whose command has ended, and resolves when nothing is. */
  async end(run: RunMark): Promise<void> {
    this.killGroup(run);
    for (let round = 0; !await this.#killRound(run, round); round++) {
      if (round === maxRounds) {
        this.#options.onProblem("a hook has left a process that cannot be killed");
        break;
      }
      // What was killed takes a moment to vanish.
      if (round > 0) await sleep(this.#options.clock, 20);
    }
    this.#runs.delete(run);
    if (this.#runs.size > 0) return;
    this.#stopWatch?.();
    this.#stopWatch = undefined;
  }

  /** @returns whether nothing was left */
  async #killRound(run: RunMark, round: number): Promise<boolean> {
    const left = await this.#leftovers(run).catch(() => undefined);
    if (!left) return false; // no process to be had for `ps`: it will be once what was killed has gone
    const mayGrow = left.some(({ state }) => state !== "T");
    const signal = round >= patience && mayGrow ? "SIGSTOP" : "SIGKILL";
    for (const { pid } of left) signalQuietly(pid, signal);
    return left.length === 0;
  }

  async #leftovers(run: RunMark): Promise<readonly ListedProcess[]> {
    const table = await this.#list();
    const others = [...this.#runs].filter((each) => each !== run);
    return findLeftovers(table, run, { pid: Deno.pid, others, alone: await this.#alone ?? false });
  }

  /** Runs that end at the same time share a list, but only one that was begun after they had ended. */
  #list(): Promise<readonly ListedProcess[]> {
    if (this.#next) return this.#next;
    if (!this.#current) return this.#begin();
    return this.#next = this.#current.catch(() => {}).then(() => {
      this.#next = undefined;
      return this.#begin();
    });
  }

  #begin(): Promise<readonly ListedProcess[]> {
    const reading = this.#read().finally(() => {
      if (this.#current === reading) this.#current = undefined;
    });
    return this.#current = reading;
  }

  async #read(): Promise<readonly ListedProcess[]> {
    if (this.#blind) return [];
    try {
      return await (this.#options.readTable ?? readProcessTable)();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      this.#blind = true;
      this.#options.onProblem(
        "there is no /usr/bin/ps: processes of hooks that leave their group are not found",
      );
      return [];
    }
  }

  #watch(): void {
    this.#stopWatch ??= this.#options.clock.schedule(() => {
      this.#stopWatch = undefined;
      this.#killStrays().catch(() => {}).finally(() => {
        if (this.#runs.size > 0) this.#watch();
      });
    }, watchMs);
  }

  /** What belongs to no run that goes on, whatever it came from. */
  async #killStrays(): Promise<void> {
    if (!await this.#alone) return;
    const left = await this.#leftovers(nobody);
    for (const { pid } of left) signalQuietly(pid, "SIGKILL");
  }
}

/** A run that has no process. */
const nobody: RunMark = { pid: -1, variable: "\0" };

function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.schedule(resolve, ms));
}

function signalQuietly(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch {
    // It has ended, or it is not ours to end: the next list shows which.
  }
}
