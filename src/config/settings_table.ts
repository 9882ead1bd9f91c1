import type { Settings } from "../core/setting.ts";
import type { SettingGroups } from "./setting_groups.ts";
import { allowedWords, formatSetting } from "./setting_words.ts";
import { variablesOf } from "./variables_of.ts";

/** All settings as Markdown, a heading and a table a group, for `docs/reference/settings.md`. */
export function settingsTable(groups: SettingGroups): string {
  return Object.entries(groups).map(([title, settings]) =>
    [
      `## ${title}`,
      "",
      "| flag | variable | ConfigMap key | default | meaning |",
      "| --- | --- | --- | --- | --- |",
      ...Object.values(settings).map(rowOf),
      "",
    ].join("\n")
  ).join("\n");
}

function rowOf(setting: Settings[string]): string {
  const flags = [...(setting.flag ? [setting.flag] : []), ...(setting.flagAliases ?? [])];
  const cells = [
    flags.map((flag) => code(`--${flag}`)).join(", "),
    variablesOf(setting).map(code).join(", "),
    code(setting.configMapKey ?? ""),
    setting.ignored !== undefined || setting.secret
      ? ""
      : code(formatSetting(setting, setting.default)),
    setting.ignored === undefined
      ? `${setting.description} ${sentence(allowedWords(setting))}`
      : `Accepted without effect: ${setting.ignored}.`,
  ];
  return `| ${
    cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")
  } |`;
}

function code(text: string): string {
  return text === "" ? "" : `\`${text}\``;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
