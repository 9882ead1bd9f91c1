/** How many files of a path, or below it, this process has open. Others may be open for tests that run beside this one. */
export function openFiles(path: string): number {
  return [...Deno.readDirSync("/proc/self/fd")].filter(({ name }) => {
    try {
      return Deno.readLinkSync(`/proc/self/fd/${name}`).startsWith(path);
    } catch {
      return false; // closed meanwhile
    }
  }).length;
}
