/** One object of a YAML file, as it stands there: nothing but `kind` is checked. */
export interface Manifest {
  readonly kind: string;
  readonly object: Readonly<Record<string, unknown>>;
  /**
   * The line, from 1, of what stands at a path of field names and indexes, such as `["spec", "interval"]`; where it is
   * missing, of the nearest thing around it.
   */
  lineOf(path: readonly string[]): number;
}

/** What is wrong with a file, in plain words that never quote a value. */
export interface ManifestProblem {
  /** From 1; undefined if it concerns the file as a whole. */
  readonly line: number | undefined;
  readonly message: string;
}

/** What a step makes of a manifest: the value only if nothing is wrong with it. */
export type Checked<T> =
  | { readonly value: T; readonly problems: readonly [] }
  | { readonly value: undefined; readonly problems: readonly ManifestProblem[] };

/** A problem at a path of a manifest: `metadata.name: is required`. */
export function problemAt(
  manifest: Manifest,
  path: readonly string[],
  message: string,
): ManifestProblem {
  return { line: manifest.lineOf(path), message: `${path.join(".")}: ${message}` };
}
