/** The whitelist does not allow a call; only a change of the whitelist or of the spec helps. */
export class HookRefused extends Error {
  override readonly name = "HookRefused";

  /** @param reason why, in words for a condition: names the command, an argument by its place, never a value of `env` */
  constructor(readonly reason: string) {
    super(reason);
  }
}
