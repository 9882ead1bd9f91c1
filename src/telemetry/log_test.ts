import assert from "node:assert/strict";
import { StepError } from "../core/step_error.ts";
import { ManualClock } from "../../tests/manual_clock.ts";
import { createLog, type LogOptions } from "./log.ts";
import { createRedactor } from "./redactor.ts";

function record(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const redactor = createRedactor();
  const log = createLog({
    level: "info",
    encoding: "json",
    clock: new ManualClock(Date.UTC(2026, 0, 2, 3, 4, 5, 6)),
    redact: (text) => redactor.redact(text),
    write: (line) => lines.push(line),
    ...options,
  });
  return { log, lines, redactor };
}

const upstreamError = () =>
  new StepError('Cannot fetch "https://h/p": status 502', {
    class: "transient",
    reason: "FetchFailed",
    cause: new Error("body said canary", { cause: new Error("deeper canary") }),
  });

Deno.test("a line has the shape of zap's", () => {
  const { log, lines } = record();
  log.named("controller").named("queue").with({ namespace: "a" }).info("published", { size: 5 });
  assert.deepEqual(lines, [
    '{"level":"info","ts":"2026-01-02T03:04:05.006Z","logger":"controller.queue","msg":"published","namespace":"a","size":5}\n',
  ]);
});

Deno.test("a field cannot pass for the level or the message", () => {
  const { log, lines } = record();
  log.error("real", { msg: "forged", level: "debug" });
  assert.deepEqual(JSON.parse(lines[0]!), {
    level: "error",
    ts: "2026-01-02T03:04:05.006Z",
    msg: "real",
  });
});

Deno.test("levels let through what zap would", () => {
  const cases: [string, readonly string[]][] = [
    ["debug", ["debug", "info", "warn", "error"]],
    ["trace", ["debug", "info", "warn", "error"]],
    ["3", ["debug", "info", "warn", "error"]],
    ["INFO", ["info", "warn", "error"]],
    ["warn", ["warn", "error"]],
    ["error", ["error"]],
    ["panic", []],
  ];
  for (const [level, expected] of cases) {
    const { log, lines } = record({ level });
    for (const write of ["debug", "info", "warn", "error"] as const) log[write]("m");
    assert.deepEqual(lines.map((line) => JSON.parse(line).level), expected, level);
  }
  assert.throws(() => record({ level: "loud" }), RangeError);
});

Deno.test("an error is its message, class and reason; its stack only if it is a bug", () => {
  const { log, lines } = record();
  log.error("reconcile failed", { error: upstreamError() });
  log.bug("reconcile failed", new TypeError("x is undefined"));
  const [failure, bug] = lines.map((line) => JSON.parse(line));
  assert.equal(failure.error, 'Cannot fetch "https://h/p": status 502');
  assert.deepEqual([failure.class, failure.reason], ["transient", "FetchFailed"]);
  assert.equal("stacktrace" in failure, false);
  assert.match(bug.stacktrace, /TypeError: x is undefined\n\s+at /);
  assert(!lines[0]!.includes("canary"));
});

Deno.test("causes, which may quote an upstream, are logged at debug only", () => {
  const { log, lines } = record({ level: "debug" });
  log.error("reconcile failed", { error: upstreamError() });
  assert.deepEqual(JSON.parse(lines[0]!).causes, ["body said canary", "deeper canary"]);
});

Deno.test("no canary gets through any part of a line, in either form", () => {
  const canary = "canary-0123456789";
  for (const encoding of ["json", "console"]) {
    const { log, lines, redactor } = record({ encoding, level: "debug" });
    redactor.protect(`Bearer ${canary}`);
    const error = new Error(`${canary} at https://u:${canary}@h/?${canary}`, {
      cause: new Error(canary),
    });
    log.named("n").with({ fixed: canary }).bug(`message ${canary}`, error, {
      text: canary,
      url: new URL(`https://${canary.slice(0, 6)}:pw@h/?q=${canary}`),
      nested: { deep: [{ deeper: `x${canary}x`, [canary]: 1 }] },
      bytes: new TextEncoder().encode(canary),
      authorization: "other-canary",
      headers: { Authorization: "other-canary", "X-Api-Key": "other-canary", password: 7 },
      symbol: Symbol(canary),
    });
    assert.equal(lines.length, 1);
    assert(!lines[0]!.includes("canary"));
  }
});

Deno.test("values other than text are logged as people read them", () => {
  const { log, lines } = record();
  log.info("m", {
    url: new URL("https://u:p@h/a?b"),
    bytes: new Uint8Array(3),
    yes: true,
    no: null,
  });
  const { url, bytes, yes, no } = JSON.parse(lines[0]!);
  assert.deepEqual([url, bytes, yes, no], ["https://h/a", "(3 bytes)", true, null]);
});

Deno.test("a line is bounded, and what cannot be JSON does no harm", () => {
  const { log, lines } = record();
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  log.info("m".repeat(100_000), { text: "t".repeat(100_000), circle, big: 5n, none: undefined });
  log.info("n", { many: Array.from({ length: 10_000 }, (_, at) => at) });
  assert(lines.every((line) => line.length < 20_000));
  assert.equal(JSON.parse(lines[0]!).big, "5");
});

Deno.test("the console form is tab-separated and cannot be made to forge a line", () => {
  const { log, lines } = record({ encoding: "console" });
  log.named("x").warn("one\ntwo\u001b[31m", { a: "\u009b", b: 1 });
  assert.deepEqual(lines, [
    '2026-01-02T03:04:05.006Z\tWARN\tx\tone\\u000atwo\\u001b[31m\t{"a":"\\u009b","b":1}\n',
  ]);
});
