import { getRandomValues } from "node:crypto";
import type { SettingValues } from "../core/setting.ts";
import type { hookExecutorSettings } from "../config/settings/hook_settings.ts";
import { createHookStage } from "../hooks/hook_stage.ts";
import { readHookToken, writeHookToken } from "../hooks/hook_token.ts";
import { SidecarRunner } from "../hooks/sidecar_runner.ts";
import { WatchedWhitelist } from "../hooks/watched_whitelist.ts";
import type { OpenHooks } from "./open_hooks.ts";
import type { OperatorResources } from "./operator_resources.ts";
import { systemClock } from "./system_clock.ts";
import type { Telemetry } from "./telemetry.ts";

/** What the hooks of a controller need of it. */
export interface SidecarHooksParts {
  readonly values: SettingValues<typeof hookExecutorSettings>;
  readonly telemetry: Pick<Telemetry, "log" | "metrics">;
  readonly resources: Pick<OperatorResources, "defer">;
  /** The whitelist has become one that cannot be used: for an event. */
  readonly onBadWhitelist: (problem: string) => void;
}

/** Hooks that run in the sidecar; this process only checks the whitelist, and never spawns anything. */
export async function openSidecarHooks(parts: SidecarHooksParts): Promise<OpenHooks> {
  const { values, resources } = parts;
  const tokenFile = values.hookTokenFile;
  if (tokenFile !== "") await giveToken(tokenFile, parts);
  let listener = () => {};
  const whitelist = await openWhitelist(parts, () => listener());
  resources.defer(() => whitelist.close());
  const runner = new SidecarRunner({
    endpoint: values.hookExecutorEndpoint,
    ...(tokenFile === "" ? {} : { readToken: () => readHookToken(tokenFile) }),
    clock: systemClock,
  });
  resources.defer(() => runner[Symbol.asyncDispose]());
  return {
    stage: createHookStage({
      runner,
      whitelist: () => whitelist.current(),
      missing: () => `${whitelist.problem() ?? "there is no whitelist"}; see HOOK_WHITELIST_PATH`,
    }),
    onWhitelist: (next) => void (listener = next),
  };
}

/** Another one at every start; that hooks cannot run without it is no reason to run nothing at all. */
async function giveToken(file: string, { telemetry: { log } }: SidecarHooksParts): Promise<void> {
  try {
    await writeHookToken(file, getRandomValues(new Uint8Array(32)));
  } catch (error) {
    log.error("cannot write HOOK_TOKEN_FILE: the executor of hooks will refuse this controller", {
      error,
    });
  }
}

async function openWhitelist(
  { values: { hookWhitelistPath: file }, telemetry, onBadWhitelist }: SidecarHooksParts,
  onChange: () => void,
): Promise<WatchedWhitelist> {
  const { metrics } = telemetry;
  const log = telemetry.log.named("hooks");
  // Most who have no whitelist have no hooks either.
  let isMissing = await Deno.stat(file).then(() => false, () => true);
  const whitelist = await WatchedWhitelist.open({
    file,
    clock: systemClock,
    onChange: () => {
      metrics.whitelistLoaded(true);
      log.info("this whitelist is in force from now on", { file });
      onChange();
    },
    onProblem: (problem) => {
      if (isMissing) return log.info(problem);
      metrics.whitelistLoaded(false);
      log.warn(problem);
      onBadWhitelist(problem);
    },
    onWarning: ({ line, message }) => log.warn("whitelist", { line, message }),
  });
  isMissing = false;
  return whitelist;
}
