import { ConfigError } from "../config/config_error.ts";
import { parseSettings } from "../config/parse_settings.ts";
import { readSettingValue } from "../config/setting_value.ts";
import { publicUrl } from "../core/public_url.ts";
import type { Settings, SettingValues } from "../core/setting.ts";
import { allStoreSettings, storeDefinitions } from "../store/registry.ts";
import type { StoreDefinition } from "../store/store_definition.ts";
import { InputError } from "./command.ts";
import { controllerSettings } from "./operator_settings.ts";

/** A store that a user names by a text such as `pvc:/path`. */
export interface LocatedStore {
  readonly definition: StoreDefinition;
  readonly values: SettingValues<Settings>;
  /** About variables. */
  readonly warnings: readonly string[];
}

const definitions: readonly StoreDefinition[] = Object.values(storeDefinitions);

/** How stores can be named. */
export const locationForms: readonly string[] = definitions.flatMap(({ location }) =>
  location ? [location.form] : []
);

/** What a location leaves to variables, of every store that has one. */
export const locatedSettings: Settings = Object.assign(
  {},
  ...definitions.map(({ location, settings }) => {
    const given = location?.read(location.form) ?? {};
    return Object.fromEntries(
      Object.entries(settings).filter(([name]) => location && !(name in given)),
    );
  }),
);

/**
 * The store that a text names. What the text does not say is read from the variables of the controller.
 *
 * @param role variables that begin with it, as in `FROM_S3_ENDPOINT`, go before those without
 * @throws {InputError} if it names none
 * @throws {ConfigError} if a variable is wrong
 */
export function locateStore(
  text: string,
  { role, environment }: {
    readonly role: "FROM" | "TO";
    readonly environment: Readonly<Record<string, string>>;
  },
): LocatedStore {
  for (const definition of definitions) {
    const located = definition.location?.read(text);
    if (!located) continue;
    const { values, warnings } = parseSettings({
      described: withoutFlags(allStoreSettings),
      arguments: [],
      environment: variablesFor(role, environment),
      configMap: undefined,
      others: controllerSettings,
    });
    const all = { ...values, ...readLocated(text, located) };
    const mistakes = definition.mistakes?.(all) ?? [];
    if (mistakes.length > 0) throw new ConfigError(mistakes);
    return { definition, warnings, values: all };
  }
  throw new InputError(
    `Cannot use ${quoted(text)} as ${role}: it names no store; write ${locationForms.join(" or ")}`,
  );
}

/** For help: the settings as they are without flags, which could not tell one store from the other. */
export function withoutFlags(settings: Settings): Settings {
  return Object.fromEntries(
    Object.entries(settings).map(([name, { flag: _, flagAliases: __, ...setting }]) => [
      name,
      setting as Settings[string],
    ]),
  );
}

function variablesFor(
  role: string,
  environment: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const own = Object.entries(environment).flatMap(([name, value]) =>
    name.startsWith(`${role}_`) ? [[name.slice(role.length + 1), value] as const] : []
  );
  return { ...environment, ...Object.fromEntries(own) };
}

function readLocated(
  text: string,
  located: Readonly<Record<string, string>>,
): SettingValues<Settings> {
  const described: Settings = allStoreSettings;
  return Object.fromEntries(
    Object.entries(located).map(([name, part]) => {
      const read = readSettingValue(described[name]!, part);
      if ("value" in read) return [name, read.value];
      throw new InputError(`Cannot use ${quoted(text)}: ${read.refusal}`);
    }),
  );
}

/** A URL may carry a password. */
function quoted(text: string): string {
  return JSON.stringify(text.includes("://") ? publicUrl(text) : text);
}
