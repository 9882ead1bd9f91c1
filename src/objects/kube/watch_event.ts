import { asRecord, asText } from "./fields.ts";

const types = ["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"] as const;

/** One line of a watch (`metav1.WatchEvent`). */
export interface WatchEvent {
  readonly type: typeof types[number];
  readonly object: unknown;
}

/**
 * Decodes one line of a watch.
 *
 * @throws {SyntaxError} if it is not JSON, or not an event
 */
export function decodeWatchEvent(line: string): WatchEvent {
  const raw = asRecord(JSON.parse(line));
  const type = types.find((each) => each === asText(raw?.type));
  if (!raw || !type) throw new SyntaxError("Cannot read a line of the watch: not an event");
  return { type, object: raw.object };
}
