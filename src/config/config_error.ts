/**
 * Settings that cannot be used: exit code 2. Carries every mistake at once, each a sentence that names where the value
 * came from, the value unless it is secret, and what is allowed.
 */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(mistakes.join("\n"));
    this.mistakes = mistakes;
  }
}
