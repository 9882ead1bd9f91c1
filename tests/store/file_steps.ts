import { AsyncLocalStorage } from "node:async_hooks";
import { settle } from "../settle.ts";

/** The functions of the file system that stores use, each of which may be the last thing that a process does. */
const steps = [
  ...["link", "lstat", "makeTempFile", "mkdir", "open", "realPath", "remove", "rename"],
] as const;
const fileSteps = ["stat", "sync", "utime", "write"] as const;

type Functions = Record<string, (...args: unknown[]) => Promise<unknown>>;

/** Stands for the end of a process: nothing that follows it in that process has an effect. */
export class Killed extends Error {
  override readonly name = "Killed";
}

/**
 * Runs a process, as it were, and calls `before` ahead of each of its steps in the file system, which waits until that is
 * done; what `before` does itself counts for other processes.
 *
 * @param before `undefined` lets the step be done; `"kill"` ends the process before it
 * @returns how many steps there were
 */
export async function inSteps(
  run: () => Promise<unknown>,
  before: (step: number) => Promise<"kill" | undefined>,
): Promise<number> {
  let count = 0;
  let isKilled = false;
  let isOthers = false;
  const underway = new Set<Promise<unknown>>();
  const wrap = (original: Functions[string]): Functions[string] =>
    async function (this: unknown, ...args) {
      if (isOthers) return await original.apply(this, args);
      if (!isKilled) {
        isOthers = true;
        isKilled = await before(count++) === "kill";
        isOthers = false;
      }
      if (isKilled) throw new Killed();
      const step = original.apply(this, args);
      underway.add(step);
      return await step.finally(() => underway.delete(step));
    };
  const restore = replaceAll(wrap);
  try {
    await run();
  } catch (error) {
    if (!isKilled) throw error;
    await Promise.allSettled(underway); // a process that has ended holds no file open, nor its lock
  } finally {
    restore();
  }
  return count;
}

/**
 * Runs processes, as it were, at the same time: one at a time does a step, and chance decides which.
 *
 * @param random from 0 to below 1
 */
export async function inTurns(
  runs: readonly (() => Promise<unknown>)[],
  random: () => number,
): Promise<void> {
  const inside = new AsyncLocalStorage<true>();
  const waiting: (() => void)[] = [];
  let atWork = 0;
  const restore = replaceAll((original) =>
    async function (this: unknown, ...args) {
      if (!inside.getStore()) return await original.apply(this, args);
      await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await original.apply(this, args);
      } finally {
        atWork--;
      }
    }
  );
  let left = runs.length;
  const all = Promise.all(runs.map((run) => inside.run(true, run).finally(() => left--)));
  all.catch(() => {}); // heard below
  try {
    while (left > 0) {
      await settle();
      if (atWork > 0 || waiting.length === 0) continue;
      atWork++;
      waiting.splice(Math.floor(random() * waiting.length), 1)[0]!();
    }
  } finally {
    restore();
  }
  await all;
}

function replaceAll(wrap: (original: Functions[string]) => Functions[string]): () => void {
  const restores = [
    replaceEach(Deno as unknown as Functions, steps, wrap),
    replaceEach(Deno.FsFile.prototype as unknown as Functions, fileSteps, wrap),
  ];
  return () => restores.forEach((restore) => restore());
}

function replaceEach(
  owner: Functions,
  names: readonly string[],
  wrap: (original: Functions[string]) => Functions[string],
): () => void {
  const originals = names.map((name) => [name, owner[name]!] as const);
  for (const [name, original] of originals) owner[name] = wrap(original!);
  return () => {
    for (const [name, original] of originals) owner[name] = original!;
  };
}
