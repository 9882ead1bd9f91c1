import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { parseWhitelist } from "./parse_whitelist.ts";
import { WhitelistError } from "./whitelist_error.ts";

/** The default of the Go implementation's manifests, and its chart's but for the last pattern of jq. */
const goDefault = String.raw`commands:
  jq:
    allowed: true
    argumentPatterns:
      - "^\\..*"           # fields
      - "^-[a-zA-Z]$"
      - "^--[a-z-]+$"
      - "(?s)^.*$"
  yq:
    allowed: true
    argumentPatterns: ["^\\..*", "^-[a-zA-Z]$", "^--[a-z-]+$"]
  curl:
    allowed: true
    argumentPatterns: ["^https?://.*", "^-[a-zA-Z]$", "^--[a-z-]+$"]
  bash:
    allowed: true
    argumentPatterns: ["^-c$", "^[^;&|<>]+$"]
  grep:
    allowed: true
    argumentPatterns: ["^-[a-zA-Z]+$", "^[^;&|<>]+$"]
  sed:
    allowed: true
    argumentPatterns: ["^-[a-zA-Z]$", "^s/.*"]
  awk:
    allowed: true
    argumentPatterns: ["^-[a-zA-Z]$", "^\\{.*\\}$", "^[^;&|<>]+$"]
  rm: { allowed: false }
  dd: { allowed: false }
  mkfs: { allowed: false }
  shutdown: { allowed: false }
  reboot: { allowed: false }
`;

function check(text: string, command: string, ...args: string[]) {
  return parseWhitelist(text).check({ command, args, env: {} });
}

function problemsOf(text: string): readonly string[] {
  try {
    parseWhitelist(text);
  } catch (error) {
    assert.ok(error instanceof WhitelistError, `${error}`);
    return error.problems.map(({ line, message }) => `${line}: ${message}`);
  }
  return [];
}

const warningsOf = (text: string) =>
  parseWhitelist(text).warnings.map(({ line, message }) => `${line}: ${message}`);

Deno.test("parseWhitelist() takes the default of the Go implementation; three of its commands are refused now", () => {
  const { commands, warnings } = parseWhitelist(goDefault);
  assert.deepEqual(warnings, []);
  assert.deepEqual(commands.filter(({ allowed }) => !allowed).map(({ name }) => name), [
    ...["rm", "dd", "mkfs", "shutdown", "reboot"],
  ]);
  assert.deepEqual(
    commands.filter(({ refused }) => refused !== undefined).map(({ name, refused }) => [
      name,
      refused,
    ]),
    [
      ["curl", "reaches the network"],
      ["bash", "runs any command that it is given"],
      ["awk", "runs any program that its arguments hold"],
    ],
  );
});

const goCalls: readonly (readonly [string, ...string[]])[] = [
  ["jq", ".items[] | {name, env: .env}", "-r"],
  ["jq", "-c", '.a\n| map(select(.b == "x"))'],
  ["yq", "-P"],
  ["grep", "-v", "^#"],
  ["sed", "s/a/b/g"],
];
for (const [command, ...args] of goCalls) {
  Deno.test(`parseWhitelist() of the Go default still allows ${command} ${JSON.stringify(args)}`, () => {
    assert.equal(check(goDefault, command, ...args).allowed, true);
  });
}

Deno.test("parseWhitelist() reports every mistake with its line", () => {
  const text = `commands:
  jq:
    allowed: maybe
    argumentPatterns:
      - "("
      - "fine"
      - "(?=a)"
    path: bin/jq
    sha256: abc
    env: [HTTP_TOKEN, LD_PRELOAD, "a b"]
    maxOutput: -1
    argPatterns: ["x"]
  yq: true
`;
  assert.deepEqual(problemsOf(text), [
    "3: commands.jq.allowed: must be true or false",
    "5: commands.jq.argumentPatterns.0: not a pattern that RE2 can read: missing closing ): `(`",
    "7: commands.jq.argumentPatterns.2: not a pattern that RE2 can read: invalid or unsupported Perl syntax: `(?=`",
    '8: commands.jq.path: must be the absolute path of a program, such as "/usr/bin/jq"',
    "9: commands.jq.sha256: must be 64 hex digits, as sha256sum prints them",
    '10: commands.jq.env.1: "LD_PRELOAD" can never be set, as it decides which code runs; remove it',
    "10: commands.jq.env.2: must be the name of a variable",
    "11: commands.jq.maxOutput: must be a size such as 64Mi or a number of bytes",
    '12: commands.jq.argPatterns: unknown field; write "argumentPatterns"',
    "13: commands.yq: must be a map of fields",
  ]);
});

const mistakes: readonly { name: string; text: string; problems: readonly string[] }[] = [
  { name: "an empty file", text: "", problems: ["1: commands: is required"] },
  { name: "a list", text: "- jq\n", problems: ["1: commands: is required"] },
  {
    name: "a ConfigMap",
    text: 'kind: ConfigMap\ndata:\n  whitelist.yaml: "commands: {}"\n',
    problems: ["1: commands: is required; this is a ConfigMap, give the text in its data"],
  },
  {
    name: "commands as a list",
    text: "commands:\n  - jq\n",
    problems: ["1: commands: must be a map of names to what is allowed of them"],
  },
  {
    name: "two mistakes of YAML",
    text: "commands:\n  jq: {allowed: true}\n  jq: {allowed: false}\n  yq: {allowed: [}\n",
    problems: [
      "3: not YAML: Map keys must be unique",
      "4: not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]",
    ],
  },
  {
    name: "an alias without an anchor",
    text: "commands:\n  jq: *common\n",
    problems: ["1: not YAML: Unresolved alias (the anchor must be set before the alias): common"],
  },
];
for (const { name, text, problems } of mistakes) {
  Deno.test(`parseWhitelist() refuses ${name}`, () => {
    assert.deepEqual(problemsOf(text).slice(0, problems.length), problems);
  });
}

Deno.test("parseWhitelist() warns of what has no effect, as the Go implementation passed over it", () => {
  const text = `version: 1
commands:
  jq: { allowed: true, description: JSON }
  /usr/bin/yq: { allowed: true }
  sed:
---
commands: {}
`;
  assert.deepEqual(warningsOf(text), [
    "1: only the first document of a file counts",
    "1: version: unknown field, without effect",
    "3: commands.jq.description: unknown field, without effect",
    '4: commands: "/usr/bin/yq" is no command: give the bare name, without a slash',
    '5: commands.sed: nothing of it is allowed without "allowed: true"',
  ]);
  assert.equal(check(text, "jq").allowed, true);
  assert.equal(check(text, "sed", "p").allowed, false);
});

Deno.test("parseWhitelist() follows aliases and merges, and takes truth as YAML 1.1 writes it", () => {
  const text = `common: &common
  allowed: yes
  argumentPatterns: [1.0, "-r"]
commands:
  jq: *common
  tool: { <<: *common, allowed: off }
`;
  assert.equal(check(text, "jq", "1.0", "-r").allowed, true);
  assert.equal(check(text, "jq", "1x0").allowed, true);
  assert.equal(check(text, "jq", "1").allowed, false);
  assert.equal(check(text, "tool").allowed, false);
});

Deno.test("parseWhitelist() keeps no entry for names that every object has", () => {
  const verdict = check("commands: {}", "constructor");
  assert.deepEqual(verdict, { allowed: false, reason: '"constructor" is not in the whitelist' });
});

Deno.test("parseWhitelist().hash is that of the text", () => {
  const text = "commands: {}\n";
  assert.equal(parseWhitelist(text).hash, createHash("sha256").update(text).digest("hex"));
});

Deno.test("parseWhitelist() takes the file that is shipped, which allows nothing that the table refuses", async () => {
  const text = await Deno.readTextFile(
    new URL("../../manifests/hooks/whitelist.yaml", import.meta.url),
  );
  const { commands, warnings } = parseWhitelist(text);
  assert.deepEqual(warnings, []);
  assert.deepEqual(commands.filter(({ allowed, refused }) => !allowed || refused), []);
  for (const { name } of commands) {
    assert.equal(check(text, name).allowed, true, name);
    // The second would be a file for those whose first is a script, a pattern or a set.
    const { allowed } = check(text, name, "/etc/passwd", "/etc/passwd");
    assert.equal(allowed, name === "tr" || name === "numfmt", name);
    assert.equal(check(text, name, "--unknown-option").allowed, false, name);
  }
});
