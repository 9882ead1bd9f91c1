/** Whether a process of this machine has not ended. */
export function isRunning(pid: number): Promise<boolean> {
  return Deno.stat(`/proc/${pid}`).then(() => true, () => false);
}
