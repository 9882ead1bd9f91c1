import { HookRefused } from "../hooks/hook_refused.ts";
import type { HookCall } from "../hooks/hook_call.ts";
import type { HookEnd, HookRunner } from "../hooks/hook_runner.ts";
import type { Log } from "../telemetry/log.ts";

/** A runner that writes a line for each run: never arguments, which may hold secrets; standard error for debugging only. */
export function loggedRunner(runner: HookRunner, log: Log): HookRunner {
  return {
    async run(call, streams) {
      try {
        const { end, durationMs, stderr } = await runner.run(call, streams);
        const fields = { command: call.command, end: endWords(end), durationMs };
        if (end.kind === "exit" && end.code === 0) log.debug("hook ran", { ...fields, stderr });
        else log.info("hook failed", fields);
        if (end.kind !== "exit" || end.code !== 0) log.debug("what it said", { ...fields, stderr });
        return { end, durationMs, stderr };
      } catch (error) {
        logError(error, { call, log });
        throw error;
      }
    },
  };
}

function logError(
  error: unknown,
  { call: { command }, log }: { readonly call: HookCall; readonly log: Log },
): void {
  if (error instanceof HookRefused) log.warn("hook refused", { command, reason: error.reason });
  else log.info("hook not run to its end", { command, error });
}

function endWords(end: HookEnd): string {
  switch (end.kind) {
    case "exit":
      return `exit ${end.code}`;
    case "signal":
      return end.signal;
    case "timeout":
      return "time-out";
    case "output":
      return `more than ${end.maxBytes} bytes of output`;
    case "absent":
      return end.state;
  }
}
