import assert from "node:assert/strict";
import { decodeWatchEvent } from "./watch_event.ts";

Deno.test("decodeWatchEvent() decodes each type of event", () => {
  for (const type of ["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]) {
    const event = decodeWatchEvent(JSON.stringify({ type, object: { a: 1 } }));
    assert.deepEqual(event, { type, object: { a: 1 } });
  }
});

Deno.test("decodeWatchEvent() refuses what is no event", () => {
  for (const line of ["", "{", "null", "[]", "{}", '{"type":"OTHER","object":{}}']) {
    assert.throws(() => decodeWatchEvent(line), SyntaxError, line);
  }
});
