import { durationWords, formatDuration } from "../core/duration.ts";
import type { Settings, SettingType } from "../core/setting.ts";
import { formatQuantity } from "../core/quantity.ts";

type AnySetting = Settings[string];

const words: Readonly<Record<SettingType, string>> = {
  string: "a text",
  boolean: "true or false",
  integer: "a whole number",
  number: "a number",
  duration: durationWords,
  size: "a size such as 256Mi",
  list: "a comma-separated list",
};

/** A value as a user would write it; empty for an empty text or list. */
export function formatSetting(setting: AnySetting, value: AnySetting["default"]): string {
  if (typeof value === "number" && setting.type === "duration") return formatDuration(value);
  if (typeof value === "number" && setting.type === "size") return formatQuantity(value);
  return typeof value === "object" ? value.join(",") : String(value);
}

/** What a setting may be, for help, tables and errors: `a whole number of at least 1`. */
export function allowedWords(setting: AnySetting): string {
  if (setting.choices) return `one of ${setting.choices.join(", ")}`;
  if (setting.pattern) return setting.pattern.words;
  return words[setting.type] + boundWords(setting);
}

function boundWords(setting: AnySetting): string {
  const { minimum, maximum } = setting;
  const format = (bound: number) => formatSetting(setting, bound);
  if (minimum !== undefined && maximum !== undefined) {
    return ` from ${format(minimum)} to ${format(maximum)}`;
  }
  if (minimum !== undefined) return ` of at least ${format(minimum)}`;
  return maximum === undefined ? "" : ` of at most ${format(maximum)}`;
}
