import { parse, stringify } from "yaml";

type Commands = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * One whitelist of several; of a command that is in more than one, it allows what they say together.
 *
 * @param places programs that are elsewhere on this machine than where they are looked up, by name
 */
export function whitelistOf(
  whitelists: readonly string[],
  places: Readonly<Record<string, string>>,
): string {
  const all: Record<string, unknown> = {};
  for (const text of whitelists) {
    const { commands } = parse(text) as { readonly commands: Commands };
    for (const [name, entry] of Object.entries(commands)) {
      const path = places[name];
      all[name] = { ...all[name] ?? {}, ...entry, ...(path === undefined ? {} : { path }) };
    }
  }
  return stringify({ commands: all });
}
