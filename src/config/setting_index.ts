import type { Settings } from "../core/setting.ts";
import { variablesOf } from "./variables_of.ts";

/** The names under which users reach settings, each leading to the name in code. */
export interface SettingIndex {
  readonly described: Settings;
  /** Without dashes; aliases too. */
  readonly flags: ReadonlyMap<string, string>;
  /** Of one setting the one that wins last. */
  readonly variables: ReadonlyMap<string, string>;
  readonly configMapKeys: ReadonlyMap<string, string>;
  /** Variables and keys that mean something, but not to this command. */
  readonly elsewhere: ReadonlySet<string>;
}

/**
 * Indexes settings by the names that users write.
 *
 * @param others settings of other commands
 * @throws {Error} if two settings share one: a bug of ours
 */
export function indexSettings(described: Settings, others: Settings = {}): SettingIndex {
  const flags = new Map<string, string>();
  const variables = new Map<string, string>();
  const configMapKeys = new Map<string, string>();
  for (const [name, setting] of Object.entries(described)) {
    add(flags, [...(setting.flag ? [setting.flag] : []), ...(setting.flagAliases ?? [])], name);
    add(variables, variablesOf(setting).toReversed(), name);
    add(configMapKeys, setting.configMapKey ? [setting.configMapKey] : [], name);
  }
  const elsewhere = new Set([
    ...Object.values(others).flatMap((setting) => [
      ...variablesOf(setting),
      ...(setting.configMapKey ? [setting.configMapKey] : []),
    ]),
  ]);
  return { described, flags, variables, configMapKeys, elsewhere };
}

function add(index: Map<string, string>, keys: readonly string[], name: string): void {
  for (const key of keys) {
    const other = index.get(key);
    if (other !== undefined) {
      throw new Error(`Cannot describe settings: ${name} and ${other} share "${key}"`);
    }
    index.set(key, name);
  }
}
