import assert from "node:assert/strict";
import { helpText } from "./help_text.ts";
import { settingsTable } from "./settings_table.ts";

const settings = {
  "First things": {
    timeout: {
      type: "duration",
      default: 90_000,
      description: "How long.",
      flag: "timeout",
      flagAliases: ["wait"],
      variable: "HTTP_TIMEOUT",
      configMapKey: "http.timeout",
      minimum: 1_000,
    },
    form: {
      type: "string",
      default: "json",
      description: "Which form.",
      flag: "form",
      choices: ["json", "yaml"],
    },
    watch: { type: "boolean", default: false, description: "Go on.", flag: "watch" },
    old: { type: "boolean", default: true, description: "Old.", flag: "old", ignored: "it is old" },
  },
  "Second things": {
    key: {
      type: "string",
      default: "canary",
      description: "A key.",
      variable: "KEY",
      secret: true,
    },
    long: {
      type: "size",
      default: 268_435_456,
      description: `A text that goes on ${"and on ".repeat(12)}to the end.`,
      variable: "LONG",
    },
  },
  "Nothing to see": {
    gone: { type: "list", default: [], description: "Gone.", flag: "gone", ignored: "gone" },
  },
} as const;

Deno.test("helpText() shows usage, examples and aligned groups, without what is ignored or secret", () => {
  const text = helpText({
    usage: "Does a thing.\n\nUsage: thing [flags]",
    examples: [{ command: "thing --watch", description: "do it again and again" }],
    settings,
  });
  assert.equal(
    text,
    `Does a thing.

Usage: thing [flags]

Examples:
  # do it again and again
  thing --watch

First things:
  --timeout DURATION  How long. (HTTP_TIMEOUT; also --wait; default 1m30s)
  --form json|yaml    Which form. (default json)
  --watch             Go on.

Second things:
  KEY                 A key.
  LONG                A text that goes on and on and on and on and on and on and on and on and on
                      and on and on and on and on to the end. (default 256Mi)
`,
  );
});

Deno.test("helpText() says what a setting may be whose name does not", () => {
  const text = helpText({
    usage: "x",
    examples: [],
    settings: {
      "Things": {
        store: {
          ...{ type: "string", default: "memory", description: "Where.", variable: "STORE" },
          choices: ["memory", "pvc"],
        },
        address: {
          ...{ type: "string", default: "", description: "Which.", flag: "address" },
          pattern: { expression: /:/, words: "an address such as :80" },
        },
      },
    },
  });
  assert.equal(
    text,
    `x

Things:
  STORE           Where. (one of memory, pvc; default memory)
  --address TEXT  Which. (an address such as :80)
`,
  );
});

Deno.test("settingsTable() shows every setting with all its names", () => {
  const lines = settingsTable(settings).split("\n");
  assert(lines.includes("## Second things"));
  assert(lines.includes(
    "| `--timeout`, `--wait` | `HTTP_TIMEOUT` | `http.timeout` | `1m30s` | How long. A duration such as 30s or 1h30m of at least 1s. |",
  ));
  assert(lines.includes("| `--old` |  |  |  | Accepted without effect: it is old. |"));
  assert(lines.includes("|  | `KEY` |  |  | A key. A text. |"));
});
