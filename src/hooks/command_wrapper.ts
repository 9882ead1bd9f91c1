import type { HookLimits } from "./hook_limits.ts";

/** Programs of util-linux that run a command under limits; empty where there are none. */
export type CommandWrapper = (cpuSeconds: number) => readonly string[];

const setpriv = "/usr/bin/setpriv";
const prlimit = "/usr/bin/prlimit";

/**
 * Finds out what can be put before a command here: limits, no new privileges, and an end together with us. What util-linux has
 * but this system refuses, such as a limit above our own, is left out.
 */
export async function findCommandWrapper(
  limits: Omit<HookLimits, "processes"> & Partial<HookLimits>,
  onProblem: (message: string) => void,
): Promise<CommandWrapper> {
  const privileges = await firstThatRuns([
    [setpriv, "--no-new-privs", "--pdeathsig", "KILL"],
    [setpriv, "--no-new-privs"],
  ]);
  if (!privileges) {
    onProblem("there is no setpriv: hooks may gain privileges by set-user-id programs");
  }
  const limit = (cpuSeconds: number) => [
    prlimit,
    "--core=0",
    `--cpu=${cpuSeconds}`,
    `--data=${limits.memory}`,
    `--fsize=${limits.fileSize}`,
    `--nofile=${limits.files}`,
    ...(limits.processes === undefined ? [] : [`--nproc=${limits.processes}`]),
  ];
  const limited = await firstThatRuns([limit(60)]);
  if (!limited) {
    onProblem("hooks cannot be limited in CPU, memory and file size: prlimit does not work");
  }
  return (cpuSeconds) => [...(limited ? limit(cpuSeconds) : []), ...(privileges ?? [])];
}

async function firstThatRuns(
  wrappers: readonly (readonly string[])[],
): Promise<readonly string[] | undefined> {
  for (const wrapper of wrappers) if (await runs(wrapper)) return wrapper;
  return undefined;
}

async function runs([program = "", ...args]: readonly string[]): Promise<boolean> {
  const command = new Deno.Command(program, {
    args: [...args, "/bin/true"],
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
  try {
    return (await command.output()).success;
  } catch {
    return false;
  }
}
