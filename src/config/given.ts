/** One value that a user gave. */
export interface Given {
  /** Name of the setting in code. */
  readonly name: string;
  /** Where it stands, for errors: `--concurrent`, `variable HTTP_TIMEOUT`. */
  readonly where: string;
  readonly text: string;
}

/** What one place (arguments, environment, ConfigMap) gives; later entries of the same setting win. */
export interface GivenSettings {
  readonly given: readonly Given[];
  readonly mistakes: readonly string[];
  readonly warnings: readonly string[];
}
