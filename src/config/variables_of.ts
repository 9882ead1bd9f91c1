import type { Settings } from "../core/setting.ts";

/** The variables of a setting, the one that wins first. */
export function variablesOf(setting: Settings[string]): readonly string[] {
  return [...(setting.variable ? [setting.variable] : []), ...(setting.variableAliases ?? [])];
}
