import type { Recipe, RecipeCase } from "./recipe.ts";

interface Block {
  readonly language: string;
  /** The second word behind the fence. */
  readonly kind: string;
  readonly text: string;
}

const kinds = ["source", "whitelist", "request", "answer", "document", "error"];

/**
 * The recipes of `docs/hooks.md`: the sections of "Recipes", whose blocks say what they are behind their language, as in
 * "yaml source". A block of any other word is a program of that name.
 *
 * @throws {Error} if a section lacks a part: it would not be tested
 */
export function readRecipes(markdown: string): readonly Recipe[] {
  const [, part = ""] = markdown.split("\n## Recipes\n");
  const [recipes = ""] = part.split("\n## ");
  return recipes.split("\n### ").slice(1).map((section) => readRecipe(section, markdown));
}

function readRecipe(section: string, markdown: string): Recipe {
  const [title = ""] = section.split("\n");
  const blocks = [...section.matchAll(/^```(\w+) ([\w-]+)\n(.*?)^```$/gms)]
    .map(([, language = "", kind = "", text = ""]): Block => ({ language, kind, text }));
  const only = (kind: string): string | undefined => {
    const [block, ...others] = blocks.filter((each) => each.kind === kind);
    if (others.length > 0) throw new Error(`"${title}" has ${others.length + 1} blocks of ${kind}`);
    return block?.text;
  };
  const required = (kind: string): string => {
    const text = only(kind);
    if (text === undefined) throw new Error(`"${title}" has no block of ${kind}`);
    return text;
  };
  const request = only("request");
  const tools = blocks.filter(({ kind }) => !kinds.includes(kind));
  return {
    title,
    source: required("source"),
    whitelist: required("whitelist"),
    tools: Object.fromEntries(tools.map(({ kind, ...tool }) => [kind, tool])),
    ...(request === undefined ? {} : { request }),
    cases: readCases(title, blocks),
    revision: readRevision(title, markdown),
  };
}

/** Each answer is followed by what comes of it. */
function readCases(title: string, blocks: readonly Block[]): readonly RecipeCase[] {
  const told = blocks.filter(({ kind }) => ["answer", "document", "error"].includes(kind));
  const answers = told.filter(({ kind }) => kind === "answer");
  const cases = answers.map(({ text: answer }, index): RecipeCase => {
    const outcome = told[2 * index + 1];
    if (outcome?.kind === "document") return { answer, document: outcome.text };
    if (outcome?.kind === "error") return { answer, error: outcome.text.trim() };
    throw new Error(`"${title}" does not say what comes of an answer`);
  });
  if (cases.length === 0 || told.length !== 2 * cases.length) {
    throw new Error(`"${title}" is not made of answers and what comes of them`);
  }
  return cases;
}

function readRevision(title: string, markdown: string): string {
  const row = markdown.split("\n").find((line) => line.startsWith(`| [${title}](#`));
  const revision = /`(latest@sha256:[0-9a-f]{64})`/.exec(row ?? "")?.[1];
  if (revision === undefined) throw new Error(`"${title}" is not in the table of revisions`);
  return revision;
}
