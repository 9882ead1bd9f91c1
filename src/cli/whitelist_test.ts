import assert from "node:assert/strict";
import { join } from "node:path";
import { runCommand as runProgram } from "../../tests/run_command.ts";
import type { CommandInput } from "./command.ts";
import { runCommand } from "./run_command.ts";

const text = `commands:
  jq:
    allowed: true
    argumentPatterns: ["-r", "\\\\..*"]
    note: none
  tool: { allowed: true, path: /opt/tool, sha256: ${"a".repeat(64)}, maxOutput: 64Mi }
  bash: { allowed: true }
  rm: { allowed: false }
`;

interface Checked {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `whitelist` with a file of the given content as `FILE`. */
async function run(content: string, given: readonly string[]): Promise<Checked> {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "whitelist.yaml");
  const written = { out: "", err: "" };
  const input: CommandInput = {
    arguments: ["whitelist", ...given.map((each) => each === "FILE" ? file : each)],
    environment: {},
    signal: new AbortController().signal,
    print: (line) => written.out += line.replaceAll(file, "FILE"),
    printError: (line) => written.err += line.replaceAll(file, "FILE"),
    drop: () => {},
  };
  try {
    await Deno.writeTextFile(file, content);
    return { code: await runCommand(input), ...written };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const lookup = "the first of /usr/local/bin/jq, /usr/bin/jq, /bin/jq";
const warning = "FILE:5: commands.jq.note: unknown field, without effect (warning)\n";
const cases: readonly { name: string; given: readonly string[]; checked: Checked }[] = [
  {
    name: "counts, and tells what is refused all the same",
    given: ["check", "FILE"],
    checked: {
      code: 0,
      out: "FILE: 2 commands allowed\n" +
        'FILE:7: bash is refused: runs any command that it is given; only "unsafe: true" allows it\n',
      err: warning,
    },
  },
  {
    name: "says where an allowed command is looked up",
    given: ["check", "FILE", "--", "jq", "-r", ".a"],
    checked: { code: 0, out: `allowed: runs ${lookup}, at most 256Mi of output\n`, err: warning },
  },
  {
    name: "says which program it has to be",
    given: ["check", "FILE", "--", "tool", "--help"],
    checked: {
      code: 0,
      out: `allowed: runs /opt/tool with sha256 ${"a".repeat(64)}, at most 64Mi of output\n`,
      err: warning,
    },
  },
  {
    name: "says why the table refuses an argument",
    given: ["check", "FILE", "--", "jq", "-r", ".a", "--rawfile", "x", "/etc/passwd"],
    checked: {
      code: 1,
      out: 'refused: "jq": argument 3, "--rawfile", reads a file; ' +
        'only "unsafe: true" in the whitelist allows that\n',
      err: warning,
    },
  },
  {
    name: "says which argument the patterns refuse",
    given: ["check", "FILE", "--", "jq", "-r", "keys"],
    checked: {
      code: 1,
      out: 'refused: "jq": argument 2 matches none of its "argumentPatterns"\n',
      err: warning,
    },
  },
  {
    name: "refuses what is not allowed",
    given: ["check", "FILE", "--", "rm", "-rf"],
    checked: { code: 1, out: 'refused: "rm" is not allowed by the whitelist\n', err: warning },
  },
];
for (const { name, given, checked } of cases) {
  Deno.test(`whitelist check ${name}`, async () => {
    assert.deepEqual(await run(text, given), checked);
  });
}

Deno.test("whitelist check prints every mistake where it is", async () => {
  const { code, err } = await run('commands:\n  jq: { allowed: 1 }\n  yq: { path: "yq" }\n', [
    ...["check", "FILE", "--", "jq"],
  ]);
  assert.equal(code, 2);
  assert.match(err, /^FILE:2: commands\.jq\.allowed: must be true or false\nFILE:3: .*path/);
});

const wrong: readonly { given: readonly string[]; says: RegExp }[] = [
  { given: [], says: /say what to do, as in/ },
  { given: ["chek", "FILE"], says: /say what to do, as in/ },
  { given: ["check"], says: /name one file/ },
  { given: ["check", "--", "jq"], says: /name one file/ },
  { given: ["check", "FILE", "jq", "-r"], says: /put -- before the command.*FILE -- jq -r/ },
  { given: ["check", "FILE", "--"], says: /name it behind the --/ },
  { given: ["check", "/no/such/file"], says: /Cannot read "\/no\/such\/file": no such file/ },
  { given: ["check", "/"], says: /Cannot read "\/": there is a directory in its place/ },
];
for (const { given, says } of wrong) {
  Deno.test(`whitelist ${given.join(" ")} is explained, with exit code 2`, async () => {
    const { code, out, err } = await run(text, given);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, says);
  });
}

for (const file of ["-", "/dev/stdin"]) {
  Deno.test(`whitelist check ${file} reads standard input with the permissions that it keeps`, async () => {
    const main = new URL("../main.ts", import.meta.url).pathname;
    const out = await runProgram(Deno.execPath(), {
      args: ["run", "--no-prompt", "--allow-all", main, "whitelist", "check", file],
      stdin: "commands:\n  jq: { allowed: true }\n",
    });
    assert.equal(out, `${file}: 1 command allowed`);
  });
}
