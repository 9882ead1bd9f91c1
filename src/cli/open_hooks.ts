import type { HookStage } from "../hooks/hook_stage.ts";
import { refuseHooks } from "../hooks/hook_stage.ts";

/** Where the hooks of a command run. */
export interface OpenHooks {
  readonly stage: HookStage;
  /** Calls back whenever another whitelist is in force. */
  onWhitelist(listener: () => void): void;
}

/** No hook may run. @param reason in words for a user */
export function noHooks(reason: string): OpenHooks {
  return { stage: refuseHooks(reason), onWhitelist() {} };
}
