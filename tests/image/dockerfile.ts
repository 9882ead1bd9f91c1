/** One line of a Dockerfile, with those that continue it. */
export interface Instruction {
  /** `RUN` */
  readonly name: string;
  readonly text: string;
}

/** What stands between a `FROM` and the next one. */
export interface Stage {
  readonly name: string;
  /** The image that it begins with, or the name of another stage. */
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

/** Files that a `COPY` takes, and where to. */
export interface Copy {
  /** Another stage, or undefined for the context of the build. */
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
}

/** The stages of a Dockerfile, as far as ours use the language: no heredocs, no escapes but at the end of a line. */
export function parseDockerfile(text: string): readonly Stage[] {
  const lines = text.replaceAll(/^\s*#.*\n/gm, "").replaceAll(/\\\n\s*/g, "").split("\n");
  const stages: (Stage & { readonly instructions: Instruction[] })[] = [];
  for (const line of lines) {
    const match = /^([A-Z]+) +(.*)$/.exec(line.trim());
    if (!match) continue;
    const [, name = "", rest = ""] = match;
    const from = name === "FROM" && /^(?:--platform=\S+ +)?(\S+)(?: +AS +(\S+))?$/.exec(rest);
    if (from) stages.push({ name: from[2] ?? "", from: from[1] ?? "", instructions: [] });
    else stages.at(-1)?.instructions.push({ name, text: rest });
  }
  return stages;
}

/** What each `COPY` of a stage takes. */
export function copiesOf({ instructions }: Stage): readonly Copy[] {
  return instructions.filter(({ name }) => name === "COPY").map(({ text }) => {
    const words = text.split(/ +/);
    const from = words.find((word) => word.startsWith("--from="))?.slice("--from=".length);
    const paths = words.filter((word) => !word.startsWith("--"));
    return { from, sources: paths.slice(0, -1), target: paths.at(-1) ?? "" };
  });
}

/** The text of the only instruction of that name; undefined if there is none. @throws {TypeError} if there are several */
export function onlyInstruction({ name, instructions }: Stage, wanted: string): string | undefined {
  const found = instructions.filter((instruction) => instruction.name === wanted);
  if (found.length > 1) throw new TypeError(`Stage "${name}" has ${found.length} ${wanted}`);
  return found[0]?.text;
}

/** Whether a `.dockerignore` of exceptions lets a path into the context: `*`, then what begins with `!`. */
export function isInContext(dockerignore: string, path: string): boolean {
  const [all, ...exceptions] = dockerignore.split("\n").filter((line) => line !== "");
  if (all !== "*") throw new TypeError("The first line of .dockerignore is not *");
  return exceptions.some((line) => {
    if (!line.startsWith("!")) throw new TypeError(`Cannot read "${line}" of .dockerignore`);
    const kept = line.slice(1);
    return path === kept || path.startsWith(`${kept}/`);
  });
}
