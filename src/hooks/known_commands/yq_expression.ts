import type { Suspicion } from "./command_rule.ts";

/** Parts of operators' names; no harmless operator has one of them in its name. */
const refusedWords: readonly (readonly [string, string])[] = [
  ["load", "reads a file"],
  ["env", "reads the environment"],
  ["system", "runs a command"],
  ["eval", "runs an expression that nobody has checked"],
];

const string = /"(?:[^"\\]*(?:\\[^\n][^"\\]*)*)"/y;
const comment = /#[^\n]*/y;
const dots = /\.\.\.?|\.\[/y;
/** Quotes and a number sign may be in the second, so it does not matter what they would be elsewhere. */
const path = /\."[^ "]+"\??|\.[^ ;}{:[\],|.()=\n!]+\??/y;
const variable = /\$[\w-]+/y;
const readEnv = /(?:str)?env\(([A-Za-z_]\w*)\)/y;
const number = /0[xX][0-9A-Fa-f]+|-?[1-9](?:\.\d+)?[Ee][-+]?\d+|-?\d+(?:\.\d+)?/y;
/** No operator but those of base64 has digits in its name. */
const word = /[A-Za-z_@]+(?:(?<=base)64[a-z]*)?/y;

/**
 * Reads the tokens of an expression as the lexer of mikefarah's yq does (pkg/yqlib/lexer_participle.go, v4) and says what
 * in it could reach outside, or that it cannot be read.
 *
 * @param env names of variables that it may read with `env(NAME)` or `strenv(NAME)`
 */
export function suspectYqExpression(
  expression: string,
  env: readonly string[],
): Suspicion | undefined {
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(expression) ?? undefined;
    at += found?.[0].length ?? 0;
    return found;
  };
  while (at < expression.length) {
    const text = take(string)?.[0];
    const suspicion = text === undefined ? undefined : suspectString(text);
    if (suspicion) return suspicion;
    if (text !== undefined) continue;
    if (expression[at] === '"') return { token: '"', why: "has no counterpart" };
    if (take(comment) ?? take(dots) ?? take(path) ?? take(variable) ?? take(number)) continue;
    const read = take(readEnv);
    if (read && env.includes(read[1]!)) continue;
    const name = read?.[0] ?? take(word)?.[0];
    if (name === undefined) at++;
    const found = name === undefined ? undefined : suspectWord(name);
    if (found) return found;
  }
  return undefined;
}

/** In a string `\(…)` is an expression; the escapes before it are undone first, so any backslash counts. */
function suspectString(text: string): Suspicion | undefined {
  return /\\\(/.test(text) || /\\[ux]/.test(text) ? suspectWord(text) : undefined;
}

function suspectWord(text: string): Suspicion | undefined {
  const found = refusedWords.find(([part]) => text.toLowerCase().includes(part));
  return found && { token: found[0], why: found[1] };
}
