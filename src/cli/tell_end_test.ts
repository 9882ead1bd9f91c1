import assert from "node:assert/strict";
import type { LogFields } from "../telemetry/log_fields.ts";
import { tellEnd } from "./tell_end.ts";

const reason = "ended by SIGINT";
const words = [["ending", { reason }], ["ended", undefined]];

for (const isEarly of [false, true]) {
  Deno.test(`tellEnd() says why it ends and when it has, early: ${isEarly}`, () => {
    const ending = new AbortController();
    const lines: (readonly [string, LogFields | undefined])[] = [];
    const abort = () => ending.abort(new DOMException(reason, "AbortError"));
    if (isEarly) abort();
    const told = tellEnd(ending.signal, {
      info: (message, fields) => void lines.push([message, fields]),
    });
    assert.equal(lines.length, isEarly ? 1 : 0);
    abort();
    told.ended();
    assert.deepEqual(lines, words);
  });
}
