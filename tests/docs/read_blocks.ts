/** A fenced block of a page, or a command in its text. */
export interface Block {
  /** From the root of the project. */
  readonly page: string;
  readonly line: number;
  /** What stands behind the fence, such as `yaml source`; of a command in the text `inline`. */
  readonly fence: string;
  readonly text: string;
}

const fenced = /^( *)```([^\n]*)\n(.*?)^\1```$/gms;
const programs = "kubectl|helm|externalsource-controller|deno|npx|docker|kind|flux";
const command = new RegExp(`\`((?:${programs}) [^\`]+)\``, "g");

/**
 * All blocks of a page, those in lists too, and all commands in its text.
 *
 * @throws {Error} if a fence is left open, behind which nothing would be checked
 */
export function readBlocks(page: string, markdown: string): readonly Block[] {
  const lineAt = (index: number) => markdown.slice(0, index).split("\n").length;
  const blocks = [...markdown.matchAll(fenced)].map((match): Block => {
    const [, indent = "", fence = "", text = ""] = match;
    const line = lineAt(match.index);
    return { page, line, fence, text: text.replaceAll(new RegExp(`^${indent}`, "gm"), "") };
  });
  const fences = markdown.match(/^ *```/gm) ?? [];
  if (fences.length !== 2 * blocks.length) throw new Error(`${page}: a fence is left open`);
  // As long as before, so that lines keep their numbers.
  const prose = markdown.replaceAll(fenced, (block) => block.replaceAll(/[^\n]/g, " "));
  const commands = [...prose.matchAll(command)].map((match): Block => (
    { page, line: lineAt(match.index), fence: "inline", text: match[1]!.replaceAll("\\|", "|") }
  ));
  return [...blocks, ...commands];
}
