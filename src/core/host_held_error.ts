/** A host asked to be left alone for longer than it is worth to wait in place: come back then. No failure of anything. */
export class HostHeldError extends Error {
  override readonly name = "HostHeldError";
  /** Milliseconds until the host may be asked again. */
  readonly waitMs: number;

  constructor(waitMs: number) {
    super("Cannot ask the host now: it asked to be left alone; ask again when that is over");
    this.waitMs = waitMs;
  }
}
