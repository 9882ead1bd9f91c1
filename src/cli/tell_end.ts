import type { Log } from "../telemetry/log.ts";

/**
 * Logs why a process ends, as soon as it is to. What it returns logs that nothing is left to do, which may be much later:
 * downloads go on until `--drain-timeout`.
 */
export function tellEnd(
  signal: AbortSignal,
  log: Pick<Log, "info">,
): { readonly ended: () => void } {
  const tell = () => {
    const { reason } = signal;
    log.info("ending", reason instanceof Error ? { reason: reason.message } : {});
  };
  if (signal.aborted) tell();
  else signal.addEventListener("abort", tell, { once: true });
  return { ended: () => log.info("ended") };
}
