import type { Refusal } from "./command_rule.ts";
import type { OptionSyntax } from "./option_syntax.ts";

/** An option of a call. */
export interface GivenOption {
  /** With its dashes. */
  readonly name: string;
  readonly value?: string;
  /** The argument that holds the value, or else the name; counted from 1. */
  readonly place: number;
}

/** An argument that is no option. */
export interface Operand {
  readonly text: string;
  /** Counted from 1. */
  readonly place: number;
}

/** The arguments of a call, sorted into options and operands. */
export interface GivenArguments {
  readonly refusal?: never;
  readonly options: readonly GivenOption[];
  readonly operands: readonly Operand[];
}

/** Long enough for every option there is, and too short for a document. */
const maxTokenLength = 40;
const unknown = "is not among the options that are known to be harmless";

/**
 * Reads arguments as getopt_long of GNU and pflag of Go do: options and operands in any order, `-abc`, `-ofile`,
 * `--name=value`, `--`. What is not allowed by its full name is refused, so nothing rests on how a program reads options
 * that are not listed.
 */
export function readOptions(
  args: readonly string[],
  syntax: OptionSyntax,
): GivenArguments | { readonly refusal: Refusal } {
  const options: GivenOption[] = [];
  const operands: Operand[] = [];
  for (let at = 0; at < args.length; at++) {
    const text = args[at]!;
    const place = at + 1;
    if (text === "--") {
      operands.push(
        ...args.slice(place).map((each, index) => ({
          text: each,
          place: place + index + 1,
        })),
      );
      break;
    }
    if (!text.startsWith("-") || text === "-") {
      operands.push({ text, place });
      continue;
    }
    if (syntax.numbers && /^-\d+$/.test(text)) continue;
    const found = text.startsWith("--")
      ? readLong(text, place, syntax)
      : readShort(text, place, syntax);
    if ("refusal" in found) return { refusal: found.refusal };
    options.push(...found.options);
    if (found.wantsValue === undefined) continue;
    at++;
    const value = args[at];
    if (value === undefined) {
      return { refusal: { place, token: found.wantsValue, why: "needs a value" } };
    }
    options.push({ name: found.wantsValue, value, place: at + 1 });
  }
  return { options, operands };
}

type Found =
  | { readonly options: readonly GivenOption[]; readonly wantsValue?: string }
  | { readonly refusal: Refusal };

function readLong(text: string, place: number, syntax: OptionSyntax): Found {
  const equals = text.indexOf("=");
  const name = equals < 0 ? text : text.slice(0, equals);
  const kind = syntax.allowed.get(name);
  if (kind === undefined) return refuse(name, place, syntax);
  if (equals >= 0) return { options: [{ name, value: text.slice(equals + 1), place }] };
  return kind === "required" ? { options: [], wantsValue: name } : { options: [{ name, place }] };
}

function readShort(text: string, place: number, syntax: OptionSyntax): Found {
  const options: GivenOption[] = [];
  for (let at = 1; at < text.length; at++) {
    const name = `-${text[at]}`;
    const kind = syntax.allowed.get(name);
    if (kind === undefined) return refuse(name, place, syntax);
    const rest = text.slice(at + 1);
    if (kind === "none") {
      options.push({ name, place });
      continue;
    }
    if (rest === "" && kind === "required") return { options, wantsValue: name };
    return { options: [...options, rest === "" ? { name, place } : { name, value: rest, place }] };
  }
  return { options };
}

function refuse(name: string, place: number, syntax: OptionSyntax): Found {
  const known = Object.hasOwn(syntax.refused, name) ? syntax.refused[name] : undefined;
  const token = name.length > maxTokenLength ? `${name.slice(0, maxTokenLength)}…` : name;
  return { refusal: { place, token, why: known ?? unknown } };
}
