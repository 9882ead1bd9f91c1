/** A hook cannot be run now, for a reason that is not the hook's: the next try may succeed. */
export class HookUnavailable extends Error {
  override readonly name = "HookUnavailable";

  /** @param state for a condition, such as `the sidecar cannot be reached` */
  constructor(readonly state: string, options?: ErrorOptions) {
    super(state, options);
  }
}
