import { type FileProblem, formatFileProblem } from "./file_problem.ts";

/** A file that cannot be used: exit code 2. Carries every problem at once; the message has one a line. */
export class ManifestError extends Error {
  override readonly name = "ManifestError";
  readonly problems: readonly FileProblem[];

  constructor(problems: readonly FileProblem[]) {
    super(problems.map(formatFileProblem).join("\n"));
    this.problems = problems;
  }
}
