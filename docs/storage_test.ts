import assert from "node:assert/strict";
import { parse } from "yaml";
import type { ExitCode } from "../src/cli/command.ts";
import { controllerSettings } from "../src/cli/operator_settings.ts";
import { runCommand } from "../src/cli/run_command.ts";
import { storeCommand } from "../src/cli/store.ts";
import { systemClock } from "../src/cli/system_clock.ts";
import { parseSettings } from "../src/config/parse_settings.ts";
import { PvcStore } from "../src/store/pvc/pvc_store.ts";
import { CheckedDocument, settingsByName } from "../tests/checked_document.ts";
import { bytesOf, packedFile } from "../tests/contract/store.ts";

const root = new URL("../", import.meta.url);
const page = await CheckedDocument.read("docs/storage.md");

/** Of others: the AWS SDK's own chain. */
const foreignNames = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

Deno.test("every flag and variable that docs/storage.md names exists", () => {
  // Blocks of `sh` are run, in tests/docs.
  const prose = new CheckedDocument(page.text.replaceAll(/^```sh\n.*?^```$/gms, ""));
  const names = prose.settingNames();
  assert.ok(names.size > 30, `${names.size}`);
  const copyFlags: readonly string[] = storeCommand.help().match(/--[a-z]+/g) ?? [];
  const unknown = [...names].map((name) => name.replace(/^(FROM|TO)_(?=.)/, "")).filter((name) =>
    !settingsByName.has(name) && !copyFlags.includes(name) && !foreignNames.includes(name)
  );
  assert.deepEqual(unknown, []);
});

Deno.test("every default that docs/storage.md names is the default", () => {
  const told = page.defaults();
  assert.ok(told.length >= 7, `${told.length}`);
  for (const { name, told: value, real } of told) assert.equal(value, real, name);
});

interface Variable {
  readonly name: string;
  readonly value?: string;
}

Deno.test("every environment of docs/storage.md is accepted as it is", () => {
  const blocks = page.blocksOf("yaml env");
  assert.ok(blocks.length >= 4);
  for (const block of blocks) {
    const variables = parse(block) as Variable[];
    const { warnings } = parseSettings({
      described: controllerSettings,
      arguments: [],
      environment: Object.fromEntries(variables.map(({ name, value }) => [name, value ?? "x"])),
      configMap: undefined,
    });
    assert.deepEqual(warnings, []);
  }
});

Deno.test("the rights of docs/storage.md are those that the s3 store asks for", async () => {
  const rights = new Set<string>();
  for await (const { name } of Deno.readDir(new URL("src/store/s3", root))) {
    if (!/(?<!_test)\.ts$/.test(name)) continue;
    const code = await Deno.readTextFile(new URL(`src/store/s3/${name}`, root));
    for (const [right] of code.matchAll(/s3:[A-Z]\w+/g)) rights.add(right);
  }
  const [policy = ""] = page.blocksOf("json policy");
  const { Statement } = JSON.parse(policy) as { readonly Statement: { Action: string[] }[] };
  assert.deepEqual(Statement.flatMap(({ Action }) => Action).sort(), [...rights].sort());
});

Deno.test("every metric of docs/storage.md is rendered", () => {
  assert.ok(page.metricNames().size >= 5);
  assert.deepEqual(page.unknownMetrics(), []);
});

async function* codeBelow(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
    if (isDirectory) yield* codeBelow(`${folder}${name}/`);
    else if (/(?<!_test)\.ts$/.test(name)) yield Deno.readTextFile(new URL(folder + name, root));
  }
}

Deno.test("every message and reason that docs/storage.md quotes is one of the program's", async () => {
  const code = (await Array.fromAsync(codeBelow("src/"))).join("\n");
  const rows = page.text.split("\n").filter((line) => /^\| .*(log: )?"/.test(line));
  const quoted = rows.flatMap((row) => [...row.matchAll(/"([a-zA-Z][^"]{8,})"/g)]).map(([, text]) =>
    text!
  )
    .filter((text) => text !== "artifact not found"); // Flux says that
  assert.ok(quoted.length >= 4, `${quoted}`);
  const reasons = page.text.match(/\b(Artifact|Storage)[A-Z]\w+(?=`)/g) ?? [];
  assert.ok(reasons.length >= 3);
  for (const text of [...quoted, ...reasons]) assert.ok(code.includes(text), text);
});

interface Call {
  readonly variables: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly output: string;
}

/** What stands behind the name of the program in each console block, and what it printed. */
function readCalls(): Call[] {
  const lines = page.blocksOf("console").join("\n").replaceAll(/ *\\\n */g, " ").split("\n");
  const calls: { line: string; output: string }[] = [];
  for (const line of lines.map((each) => each.trim())) {
    if (line.startsWith("$ ")) calls.push({ line, output: "" });
    else if (line !== "") calls.at(-1)!.output += `${line}\n`;
  }
  return calls.map(({ line, output }) => {
    const [before = "", after] = line.split(/ (?:externalsource-controller|\/manager) /);
    assert.ok(after !== undefined, line);
    const variables = [...before.matchAll(/([A-Z]\w+)=(\S+)/g)].map((
      [, name, value],
    ) => [name!, value!]);
    return { variables: Object.fromEntries(variables), args: after.split(" "), output };
  });
}

/** Runs a command of the document with its paths in a folder. */
async function run(
  { variables, args }: Call,
  { folder, signal }: { readonly folder: string; readonly signal: AbortSignal },
): Promise<{ readonly code: ExitCode; readonly out: string; readonly err: string }> {
  const written = { out: "", err: "" };
  const code = await runCommand({
    arguments: args.map((each) => each.replace(/^pvc:\/?/, `pvc:${folder}/`)),
    environment: { S3_ENDPOINT: "http://127.0.0.1:1", ...variables },
    signal,
    print: (text) => written.out += text,
    printError: (text) => written.err += text,
    drop: () => {},
  });
  return { code, ...written };
}

Deno.test("store copy does what docs/storage.md shows, and accepts what it names", async () => {
  const calls = readCalls();
  const folder = await Deno.makeTempDir();
  const stopped = AbortSignal.abort();
  try {
    for (const path of ["data/artifacts", "data"]) {
      await Deno.mkdir(`${folder}/${path}`, { recursive: true });
    }
    const store = new PvcStore(`${folder}/data`, systemClock);
    for (const seed of [1, 2]) {
      const { key, artifact } = await packedFile(folder, bytesOf(seed, 2 ** 20));
      await store.put(key, artifact);
    }
    const isLocal = ({ args }: Call) => args.slice(2, 4).every((each) => each.startsWith("pvc:"));
    for (const call of calls.filter(isLocal)) {
      const { out, err } = await run(call, { folder, signal: new AbortController().signal });
      assert.deepEqual([out, err], [call.output, ""]);
    }
    // Stopped before its first request, with its stores open and its flags read.
    const others = calls.filter((call) => !isLocal(call));
    for (const call of others) {
      const { code, err } = await run(call, { folder, signal: stopped });
      assert.deepEqual([code, err.split("\n")[0]], [
        ...[1, "Stopped before the end; the same command goes on from here"],
      ]);
    }
    assert.deepEqual([calls.length - others.length, others.length], [2, 2]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
