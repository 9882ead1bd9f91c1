import { randomUUID } from "node:crypto";
import { createHookStage } from "../hooks/hook_stage.ts";
import { defaultHookLimits } from "../hooks/hook_limits.ts";
import { SpawnRunner } from "../hooks/spawn_runner.ts";
import { WatchedWhitelist } from "../hooks/watched_whitelist.ts";
import { InputError } from "./command.ts";
import { noHooks, type OpenHooks } from "./open_hooks.ts";
import { systemClock } from "./system_clock.ts";

/** What hooks of a command without a cluster need. */
export interface LocalHooksParts {
  /** Empty: no hook may run. */
  readonly whitelist: string;
  /** Where hooks get their directories. */
  readonly scratch: string;
  /** Hooks that run at once; no more are asked for. */
  readonly concurrent: number;
  readonly defer: (release: () => void | Promise<void>) => void;
  /** Something is wrong with the file, or this machine cannot contain hooks as it should. */
  readonly onProblem: (problem: string) => void;
}

/** Nobody waits: as many slots are there as are asked for. */
const maxWaitMs = 30_000;

/**
 * Hooks that run as processes of this machine, as far as a file that the user names allows it.
 *
 * @throws {InputError} if the file cannot be used
 */
export async function openLocalHooks(parts: LocalHooksParts): Promise<OpenHooks> {
  const { whitelist: file, defer, onProblem, scratch } = parts;
  if (file === "") return noHooks("name the commands that hooks may run with --whitelist FILE");
  let listener = () => {};
  let isOpen = false;
  const whitelist = await WatchedWhitelist.open({
    file,
    clock: systemClock,
    onChange: () => listener(),
    onProblem: (problem) => isOpen && onProblem(problem),
    onWarning: ({ line, message }) => onProblem(`${file}:${line}: ${message} (warning)`),
  });
  defer(() => whitelist.close());
  const problem = whitelist.problem();
  if (problem !== undefined) {
    throw new InputError(`${problem.charAt(0).toUpperCase()}${problem.slice(1)}; see --whitelist`);
  }
  isOpen = true;
  const runner = new SpawnRunner({
    ...{ scratch, onProblem, maxWaitMs },
    whitelist: () => whitelist.current(),
    clock: systemClock,
    slots: parts.concurrent,
    limits: defaultHookLimits,
    newMark: () => randomUUID(),
  });
  defer(() => runner[Symbol.asyncDispose]());
  return {
    stage: createHookStage({
      runner,
      whitelist: () => whitelist.current(),
      missing: () => whitelist.problem() ?? "there is no whitelist",
    }),
    onWhitelist: (next) => void (listener = next),
  };
}
