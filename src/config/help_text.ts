import type { Settings } from "../core/setting.ts";
import type { SettingGroups } from "./setting_groups.ts";
import { allowedWords, formatSetting } from "./setting_words.ts";

/** What `--help` prints. */
export interface Help {
  /** The first lines: what the command does and how it is called. */
  readonly usage: string;
  /** Commands with what each does. */
  readonly examples: readonly { readonly command: string; readonly description: string }[];
  readonly settings: SettingGroups;
}

const width = 100;
const placeholders: Readonly<Record<Settings[string]["type"], string>> = {
  string: " TEXT",
  boolean: "",
  integer: " N",
  number: " N",
  duration: " DURATION",
  size: " SIZE",
  list: " LIST",
};

/**
 * The help text of a command: usage, examples, settings by group in two aligned columns, at most 100 characters wide. A
 * setting without a flag stands under its variable; what is ignored is not shown.
 */
export function helpText({ usage, examples, settings }: Help): string {
  const rows = Object.entries(settings).map(([title, group]) => ({
    title,
    rows: Object.values(group).filter(isShown).map((setting) =>
      [nameOf(setting), explain(setting)] as const
    ),
  })).filter((group) => group.rows.length > 0);
  const longest = Math.max(0, ...rows.flatMap((group) => group.rows.map(([name]) => name.length)));
  const column = Math.min(longest, 36) + 4;
  const shownExamples = examples.map(({ command, description }) =>
    `  # ${description}\n  ${command}\n`
  );
  return [
    `${usage.trimEnd()}\n`,
    ...(examples.length > 0 ? [`Examples:\n${shownExamples.join("\n")}`] : []),
    ...rows.map((group) =>
      `${group.title}:\n${group.rows.map((row) => renderRow(row, column)).join("")}`
    ),
  ].join("\n");
}

function isShown(setting: Settings[string]): boolean {
  return setting.ignored === undefined && (setting.flag ?? setting.variable) !== undefined;
}

function nameOf(setting: Settings[string]): string {
  if (setting.flag === undefined) return `${setting.variable}`;
  return `--${setting.flag}${
    setting.choices ? ` ${setting.choices.join("|")}` : placeholders[setting.type]
  }`;
}

function explain(setting: Settings[string]): string {
  const value = setting.secret ? "" : formatSetting(setting, setting.default);
  // Beside a flag its choices stand already.
  const isLimited = setting.pattern !== undefined ||
    (setting.choices !== undefined && setting.flag === undefined);
  const notes = [
    ...(isLimited ? [allowedWords(setting)] : []),
    ...(setting.flag !== undefined && setting.variable ? [setting.variable] : []),
    ...(setting.flagAliases?.map((alias) => `also ${alias.length === 1 ? "-" : "--"}${alias}`) ??
      []),
    ...(value === "" || value === "false" ? [] : [`default ${value}`]),
  ];
  return setting.description + (notes.length > 0 ? ` (${notes.join("; ")})` : "");
}

function renderRow([name, text]: readonly [string, string], column: number): string {
  const lines = wrap(text, width - column);
  const first = `  ${name}`;
  const indent = " ".repeat(column);
  // A name that reaches into the second column has the line to itself.
  if (first.length > column - 2) {
    return `${first}\n${lines.map((line) => `${indent}${line}\n`).join("")}`;
  }
  return lines.map((line, at) => `${at === 0 ? first.padEnd(column) : indent}${line}\n`).join("");
}

function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
