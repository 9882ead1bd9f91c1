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
