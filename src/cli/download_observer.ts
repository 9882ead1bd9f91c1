import type { ServerObserver } from "../serve/server_observer.ts";
import type { Telemetry } from "./telemetry.ts";

/** Logs what fails in a server; counts its requests if it is the artifact server. */
export function observeDownloads(
  { log, metrics }: Pick<Telemetry, "log" | "metrics">,
  { counted }: { readonly counted: boolean },
): ServerObserver {
  const own = log.named("serve");
  return {
    started: () => counted && metrics.serving(),
    answered: ({ method, path, status, bytes, durationMs, complete }) => {
      if (counted) metrics.served({ code: status, bytes, seconds: durationMs / 1_000 });
      own.debug("answered", { method, path, status, bytes, durationMs, complete });
    },
    failed: (error) => own.error("a server failed", { error }),
  };
}
