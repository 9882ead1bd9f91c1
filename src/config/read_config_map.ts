import type { Given, GivenSettings } from "./given.ts";
import { nearestName } from "./nearest_name.ts";
import type { SettingIndex } from "./setting_index.ts";

const documentKey = "config.json";

/** A value of a ConfigMap before it is known whether its key is one of ours. */
interface Entry {
  readonly key: string;
  readonly value: unknown;
}

/**
 * Reads `data` of the ConfigMap: flat keys, or, if it has a `config.json`, only that (COMPATIBILITY §6). Durations there
 * may be integers of nanoseconds, as Go's encoding/json writes them. No ConfigMap at all is no error.
 */
export function readConfigMap(
  index: SettingIndex,
  data: Readonly<Record<string, string>> | undefined,
): GivenSettings {
  if (data === undefined) return { given: [], mistakes: [], warnings: [] };
  const document = data[documentKey];
  if (document === undefined) {
    const entries = Object.entries(data).map(([key, value]) => ({ key, value }));
    return collect(index, entries, "ConfigMap key ");
  }
  const parsed = parseObject(document);
  return parsed === undefined
    ? {
      given: [],
      mistakes: [`Cannot use ConfigMap key ${documentKey}: it must be a JSON object`],
      warnings: [],
    }
    : collect(index, [...flatten(parsed, "")], `ConfigMap key ${documentKey}, `);
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined; // JSON.parse() quotes the text in its message, and the text may hold keys of S3
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function* flatten(object: Record<string, unknown>, prefix: string): Generator<Entry> {
  for (const [name, value] of Object.entries(object)) {
    const key = prefix + name;
    if (isObject(value)) yield* flatten(value, `${key}.`);
    else yield { key, value };
  }
}

function collect(index: SettingIndex, entries: readonly Entry[], place: string): GivenSettings {
  const given: Given[] = [];
  const warnings: string[] = [];
  for (const { key, value } of entries) {
    const name = index.configMapKeys.get(key);
    if (name !== undefined) {
      given.push({ name, where: place + key, text: textOf(index, name, value) });
    } else if (!index.elsewhere.has(key)) warnings.push(warnOf(place + key, key, index));
  }
  return { given, mistakes: [], warnings };
}

/** A JSON value as the text that a flag would have; null is unset. */
function textOf(index: SettingIndex, name: string, value: unknown): string {
  if (value === null) return "";
  if (typeof value === "number" && index.described[name]!.type === "duration") return `${value}ns`;
  return String(value);
}

function warnOf(where: string, key: string, index: SettingIndex): string {
  const nearest = nearestName(key, index.configMapKeys.keys());
  const hint = nearest === undefined ? "" : `; did you mean ${nearest}?`;
  return `${where} is unknown and has no effect${hint}`;
}
