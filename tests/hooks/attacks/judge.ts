import { strict as assert } from "node:assert";
import type { Jail, Usage } from "./jail.ts";

const mib = 2 ** 20;

/** What the executor alone may hold, whatever is asked of it: a body of 32 MiB is several times in memory. */
const executorMemory = 450 * mib;
/** Executor, and hooks at 160 MiB a process. */
const allMemory = 1_000 * mib;
/** `--hook-processes` counts threads of the executor too. */
const allProcesses = 97;

/** Says from outside, from what the machine shows, whether an attack has done harm. */
export class Judge {
  readonly #jail: Jail;
  #files: readonly string[];
  #most: Usage = { executor: 0, all: 0, processes: 0 };

  /** @param jail in which nothing was attacked yet */
  constructor(jail: Jail) {
    this.#jail = jail;
    this.#files = jail.files();
  }

  /** The most that was ever seen. */
  get most(): Usage {
    return this.#most;
  }

  /** Nothing stolen, written, left behind or reached. @param told all that the attacker got back */
  expectNoHarm(told: string): void {
    const { canaries, token } = this.#jail;
    for (const secret of [canaries.file, canaries.variable, token]) {
      assert.ok(!told.includes(secret), "a secret was told");
      assert.ok(!this.#jail.log.includes(secret), "a secret was logged");
    }
    const { executorPid } = this.#jail;
    const isAlive = this.#jail.processes().some(({ pid }) => pid === executorPid);
    assert.ok(isAlive, "the executor has ended");
    this.#expectNothingLeft();
    assert.equal(this.#jail.takeTrapped(), 0, "a connection was made");
    this.#expectBounds(this.#jail.takePeak());
  }

  /** What is left is removed, or taken for known, so that it is not held against the next attack. */
  #expectNothingLeft(): void {
    const kept = `${this.#jail.place}/open/keep`;
    const content = Deno.readTextFileSync(kept);
    const [before, now] = [this.#files, this.#jail.files()];
    this.#files = now;
    const others = this.#jail.processes().filter(({ pid }) => pid !== this.#jail.executorPid);
    for (const { pid } of others) killQuietly(pid);
    assert.deepEqual(others, [], "not only the executor runs");
    assert.deepEqual(now, before, "files are left, or missing");
    assert.equal(content, "kept", "a file was changed");
  }

  #expectBounds({ executor, all, processes }: Usage): void {
    this.#most = {
      executor: Math.max(this.#most.executor, executor),
      all: Math.max(this.#most.all, all),
      processes: Math.max(this.#most.processes, processes),
    };
    const shown = JSON.stringify({ executor: executor / mib, all: all / mib, processes });
    assert.ok(executor < executorMemory, `memory of the executor: ${shown}`);
    assert.ok(all < allMemory, `memory of all: ${shown}`);
    assert.ok(processes <= allProcesses, `processes: ${shown}`);
  }
}

function killQuietly(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
