/** What may follow an option. */
export type OptionValue = "none" | "required" | "optional";

/** The options of a command that are known to be harmless, and words for those that are known not to be. */
export interface OptionSyntax {
  /** By their names with dashes. Anything else is refused, abbreviations too. */
  readonly allowed: ReadonlyMap<string, OptionValue>;
  /** Why, by the names with dashes. */
  readonly refused: Readonly<Record<string, string>>;
  /** Whether `-5` is an option, as `head` and `grep` have it. */
  readonly numbers: boolean;
}

/** What {@linkcode optionSyntax} is made from beside the names of the options. */
export interface SyntaxDetails {
  readonly refused?: Readonly<Record<string, string>>;
  readonly numbers?: boolean;
}

const values: Readonly<Record<string, OptionValue>> = { ":": "required", "?": "optional" };

/**
 * @param names without dashes, separated by blanks, as in `n f: color?`: one letter is a short option, `:` stands for a
 *   value and `?` for one that may be left out
 */
export function optionSyntax(names: string, details: SyntaxDetails = {}): OptionSyntax {
  const allowed = names.split(/\s+/).filter((each) => each !== "").map((each) => {
    const value = values[each.at(-1)!];
    const name = value ? each.slice(0, -1) : each;
    return [withDashes(name), value ?? "none"] as const;
  });
  return {
    allowed: new Map(allowed),
    refused: details.refused ?? {},
    numbers: details.numbers ?? false,
  };
}

function withDashes(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}
