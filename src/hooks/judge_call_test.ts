import assert from "node:assert/strict";
import { parseWhitelist } from "./parse_whitelist.ts";

const whitelist = parseWhitelist(`commands:
  jq: { allowed: true, env: [TENANT] }
  tool:
    allowed: true
    argumentPatterns: ["-v", "a|ab", "--name=[a-z]+", "(x+x+)+y"]
    env: [TOKEN]
  free: { allowed: true }
  pinned: { allowed: true, path: /opt/bin/pinned, sha256: ${"AB".repeat(32)}, maxOutput: 1k }
  alias: { allowed: true, path: /bin/bash }
  bash: { allowed: true, unsafe: true, argumentPatterns: ["-c", "echo .*"] }
  perl: { allowed: true }
  rm: { allowed: false }
`);

interface Call {
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Undefined if it is allowed. */
  readonly reason?: string;
}

const unsafe = 'only "unsafe: true" in the whitelist allows that';
const calls: readonly Call[] = [
  { command: "jq", args: ["-r", ".a"] },
  { command: "jq", args: [".a + $ENV.TENANT"], env: { TENANT: "a" } },
  { command: "tool", args: ["-v", "ab", "--name=x"], env: { TOKEN: "canary" } },
  { command: "tool", args: [] },
  { command: "free", args: ["any\nthing", "", "/etc/passwd", "$(id)", "😀"] },
  { command: "bash", args: ["-c", "echo a"] },

  { command: "", reason: '"" is no command: it is empty' },
  {
    command: "/usr/bin/jq",
    reason: '"/usr/bin/jq" is no command: give the bare name, without a slash',
  },
  { command: "../jq", reason: '"../jq" is no command: give the bare name, without a slash' },
  { command: "..", reason: '".." is no command: give the bare name of a program' },
  { command: "-c", reason: '"-c" is no command: give the bare name of a program' },
  { command: "jq\0", reason: '"jq\\u0000" is no command' },
  { command: "JQ", reason: '"JQ" is not in the whitelist' },
  { command: "jq ", reason: '"jq " is not in the whitelist' },
  { command: "toString", reason: '"toString" is not in the whitelist' },
  { command: "rm", reason: '"rm" is not allowed by the whitelist' },

  { command: "tool", args: ["-v", "abc"], reason: patterns(2) },
  { command: "tool", args: ["xa"], reason: patterns(1) },
  { command: "tool", args: ["-v\n"], reason: patterns(1) },
  { command: "tool", args: ["--name=x\ny"], reason: patterns(1) },
  { command: "tool", args: [""], reason: patterns(1) },
  { command: "tool", args: ["x".repeat(32_768)], reason: patterns(1) },
  { command: "bash", args: ["-c", "id; echo a"], reason: patterns(2, "bash") },

  { command: "free", args: ["a", "b\0c"], reason: '"free": argument 2 has a NUL in it' },
  { command: "free", args: ["\ud800"], reason: '"free": argument 1 is not UTF-8 text' },
  {
    command: "free",
    args: ["x".repeat(32_769)],
    reason: '"free": argument 1 is longer than 32768 characters',
  },
  {
    command: "free",
    args: Array(5).fill("x".repeat(30_000)),
    reason: '"free": arguments of more than 131072 characters',
  },
  {
    command: "free",
    args: Array(1_001).fill(""),
    reason: '"free": 1001 arguments, at most 1000 are allowed',
  },

  {
    command: "tool",
    env: { OTHER: "canary" },
    reason: '"tool": the variable "OTHER" is not listed in its "env" in the whitelist',
  },
  {
    command: "tool",
    env: { LD_PRELOAD: "canary" },
    reason: '"tool": the variable "LD_PRELOAD" can never be set',
  },
  {
    command: "tool",
    env: { TOKEN: "a\0canary" },
    reason: '"tool": the value of the variable "TOKEN" is not text without NUL',
  },
  {
    command: "jq",
    args: ["$ENV.TOKEN"],
    reason: `"jq": argument 1, "$ENV", reads the environment; ${unsafe}`,
  },
  { command: "perl", reason: `"perl": runs any program that its arguments hold; ${unsafe}` },
  { command: "alias", reason: `"alias": runs any command that it is given; ${unsafe}` },
];
function patterns(place: number, command = "tool"): string {
  return `"${command}": argument ${place} matches none of its "argumentPatterns"`;
}

for (const { command, args = [], env = {}, reason } of calls) {
  const shown = JSON.stringify([command, ...args]).slice(0, 60);
  const verb = reason === undefined ? "allows" : "refuses";
  Deno.test(`judgeCall() ${verb} ${shown} with ${Object.keys(env).join() || "no variable"}`, () => {
    const verdict = whitelist.check({ command, args, env });
    assert.equal(verdict.allowed ? undefined : verdict.reason, reason);
  });
}

Deno.test("judgeCall() looks a command up in fixed directories, or takes the path of the whitelist", () => {
  assert.deepEqual(whitelist.check({ command: "free", args: [], env: {} }), {
    allowed: true,
    paths: ["/usr/local/bin/free", "/usr/bin/free", "/bin/free"],
    maxOutput: 268_435_456,
  });
  assert.deepEqual(whitelist.check({ command: "pinned", args: [], env: {} }), {
    allowed: true,
    paths: ["/opt/bin/pinned"],
    sha256: "ab".repeat(32),
    maxOutput: 1_000,
  });
});
