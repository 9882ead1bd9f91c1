import type { Settings, SettingValues } from "../core/setting.ts";

/** What settings are when nobody sets them. */
export function settingDefaults<Described extends Settings>(
  described: Described,
): SettingValues<Described> {
  const defaults = Object.entries(described).map(([name, setting]) => [name, setting.default]);
  return Object.fromEntries(defaults) as SettingValues<Described>;
}
