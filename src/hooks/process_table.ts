/** One line of the process list. */
export interface ListedProcess {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly user: number;
  /** `R`, `S`, `T`, `Z` and so on, of `ps`'s `stat` the first letter. */
  readonly state: string;
  readonly cgroup: string;
  /** Its command line and, of processes of our own user, its environment. */
  readonly text: string;
}

/**
 * The process list by a spawned `ps` of procps, because Deno reads `/proc` only with every permission. Without zombies,
 * which are nothing but a number any more, and without that `ps`.
 *
 * @throws {Error} if there is no such `ps` or it fails
 */
export async function readProcessTable(): Promise<readonly ListedProcess[]> {
  // `e` shows the environment; a width keeps the cgroup, which is a path, from being cut off.
  const columns = "pid=,ppid=,pgid=,sid=,uid=,stat=,cgroup:300=,command=";
  const ps = new Deno.Command("/usr/bin/ps", {
    args: ["axeww", "-o", columns],
    clearEnv: true,
    env: { LANG: "C.UTF-8" },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const { success, stdout } = await ps.output();
  if (!success) throw new Error("ps does not list processes here");
  return parseProcessTable(new TextDecoder().decode(stdout)).filter(({ pid }) => pid !== ps.pid);
}

const line = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\S)\S*\s+(\S+)\s+(.*)$/;

/** Reads what `readProcessTable` asks of `ps`. */
export function parseProcessTable(output: string): readonly ListedProcess[] {
  return output.split("\n").flatMap((each) => {
    const match = line.exec(each);
    if (!match || match[6] === "Z") return [];
    const [pid, parent, group, session, user] = match.slice(1, 6).map(Number);
    return [{
      pid: pid!,
      parent: parent!,
      group: group!,
      session: session!,
      user: user!,
      state: match[6]!,
      cgroup: match[7]!,
      text: match[8]!,
    }];
  });
}
