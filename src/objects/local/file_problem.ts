import type { ManifestProblem } from "./manifest.ts";

/** A problem and the file that has it. */
export interface FileProblem extends ManifestProblem {
  /** The path as it was given, or found below the directory that was given. */
  readonly file: string;
}

/** `file:line: message`, as editors and terminals make a link of it. */
export function formatFileProblem({ file, line, message }: FileProblem): string {
  return line === undefined ? `${file}: ${message}` : `${file}:${line}: ${message}`;
}

/** A file that cannot be used: exit code 2. Carries every problem at once; the message has one a line. */
export class ManifestError extends Error {
  override readonly name = "ManifestError";
  readonly problems: readonly FileProblem[];

  constructor(problems: readonly FileProblem[]) {
    super(problems.map(formatFileProblem).join("\n"));
    this.problems = problems;
  }
}
