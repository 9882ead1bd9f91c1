import { publicUrl } from "../core/public_url.ts";
import type { Settings, SettingValues } from "../core/setting.ts";
import { ConfigError } from "./config_error.ts";
import type { Given } from "./given.ts";
import { readArguments } from "./read_arguments.ts";
import { readConfigMap } from "./read_config_map.ts";
import { readEnvironment } from "./read_environment.ts";
import { indexSettings } from "./setting_index.ts";
import { readSettingValue } from "./setting_value.ts";

/** Where settings come from. */
export interface SettingSources<Described extends Settings> {
  /** Every setting of the command that runs. */
  readonly described: Described;
  /** Settings of other commands: their variables and ConfigMap keys, which a pod has too, get no warning. */
  readonly others?: Settings;
  /** Without the program and the command. */
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** `data` of the ConfigMap; undefined if there is none or it is not read yet. */
  readonly configMap: Readonly<Record<string, string>> | undefined;
}

/** Checked settings. */
export interface ParsedSettings<Described extends Settings> {
  /** Frozen. */
  readonly values: SettingValues<Described>;
  /** One line each, to be logged. */
  readonly warnings: readonly string[];
  readonly positionals: readonly string[];
}

/**
 * Flag over variable over ConfigMap over default; an empty text is unset. A wrong value is a mistake even where another
 * one overrides it.
 *
 * @throws {ConfigError} with all mistakes
 */
export function parseSettings<const Described extends Settings>(
  sources: SettingSources<Described>,
): ParsedSettings<Described> {
  const index = indexSettings(sources.described, sources.others);
  const fromArguments = readArguments(index, sources.arguments);
  // From the weakest to the strongest: a later value of the same setting replaces an earlier one.
  const places = [
    readConfigMap(index, sources.configMap),
    readEnvironment(index, sources.environment),
    fromArguments,
  ];
  const given = places.flatMap((place) => place.given).filter(({ text }) => text !== "");
  const read = readAll(sources.described, given);
  const mistakes = [...places.flatMap((place) => place.mistakes), ...read.mistakes];
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return {
    // Each value was read by the type that its setting names, which the compiler cannot follow through a map.
    values: Object.freeze(read.values) as SettingValues<Described>,
    warnings: [...places.flatMap((place) => place.warnings), ...read.warnings],
    positionals: fromArguments.positionals,
  };
}

function readAll(described: Settings, given: readonly Given[]) {
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(described)) values[name] = setting.default;
  const mistakes: string[] = [];
  const warnings: string[] = [];
  for (const each of joinRepeated(described, given)) {
    const setting = described[each.name]!;
    if (setting.ignored !== undefined) {
      warnings.push(`${capitalized(each.where)} has no effect: ${setting.ignored}`);
      continue;
    }
    const read = readSettingValue(setting, each.text);
    if ("value" in read) values[each.name] = read.value;
    else mistakes.push(`Cannot use ${each.where}${quoted(setting, each.text)}: ${read.refusal}`);
  }
  return { values, mistakes, warnings };
}

/** A list may be given as a repeated flag; the parts count as one value. */
function joinRepeated(described: Settings, given: readonly Given[]): readonly Given[] {
  const joined: Given[] = [];
  for (const each of given) {
    const last = joined.findIndex(({ name, where }) => name === each.name && where === each.where);
    if (last < 0 || described[each.name]!.type !== "list") joined.push(each);
    else joined[last] = { ...each, text: `${joined[last]!.text},${each.text}` };
  }
  return joined;
}

function quoted(setting: Settings[string], text: string): string {
  if (setting.secret) return "";
  const safe = text.includes("://") ? publicUrl(text) : text;
  return ` ${JSON.stringify(safe.length > 100 ? `${safe.slice(0, 100)}…` : safe)}`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
