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
  readonly #files: readonly string[];
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
    assert.deepEqual(this.#jail.files(), this.#files, "files are left, or missing");
    const kept = Deno.readTextFileSync(`${this.#jail.place}/open/keep`);
    assert.equal(kept, "kept", "a file was changed");
    const running = this.#jail.processes().map(({ pid, command }) => ({ pid, command }));
    const executor = { pid: this.#jail.executorPid, command: running[0]?.command };
    assert.deepEqual(running, [executor], "not only the executor runs");
    assert.equal(this.#jail.takeTrapped(), 0, "a connection was made");
    this.#expectBounds(this.#jail.takePeak());
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
