/** A watch was accepted and then told nothing at all, not even a bookmark: its resourceVersion may be from the future. */
export class SilentWatchError extends Error {
  override readonly name = "SilentWatchError";
}
