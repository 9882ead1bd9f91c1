/** A process as the kernel shows it to root. */
export interface SeenProcess {
  readonly pid: number;
  readonly state: string;
  /** Bytes in memory. */
  readonly memory: number;
  readonly command: string;
}

/** Every process of a user, without zombies, which only wait for init. */
export function processesOf(uid: number): readonly SeenProcess[] {
  const pids = [...Deno.readDirSync("/proc")].filter(({ name }) => /^\d+$/.test(name));
  return pids.flatMap(({ name }) => seenProcess(Number(name), uid) ?? [])
    .filter(({ state }) => state !== "Z" && state !== "X");
}

/** Undefined if it is not the user's, or has ended. */
function seenProcess(pid: number, uid: number): SeenProcess | undefined {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    const field = (name: string) => new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(status)?.[1] ?? "";
    if (field("Uid") !== String(uid)) return undefined;
    const memory = Number(field("VmRSS")) * 1_024;
    return { pid, state: field("State"), memory, command: field("Name") };
  } catch {
    return undefined;
  }
}
