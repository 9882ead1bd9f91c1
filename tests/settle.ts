/** One turn of the event loop: every promise chain that does not wait for I/O or a timer has run to its end. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
