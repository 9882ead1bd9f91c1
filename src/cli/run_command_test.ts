import assert from "node:assert/strict";
import type { CommandInput, ExitCode } from "./command.ts";
import { commands } from "./commands.ts";
import { everyPermission, type Permission } from "./drop_permissions.ts";
import { runCommand } from "./run_command.ts";

interface Ran {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
  readonly dropped: readonly Permission[];
}

const run = (...given: string[]) => runWith({}, ...given);

async function runWith(options: Partial<CommandInput>, ...given: string[]): Promise<Ran> {
  const written = { out: "", err: "" };
  const dropped: Permission[] = [];
  const input: CommandInput = {
    arguments: given,
    environment: {},
    signal: new AbortController().signal,
    print: (text) => written.out += text,
    printError: (text) => written.err += text,
    drop: (...names) => void dropped.push(...names),
    ...options,
  };
  return { code: await runCommand(input), ...written, dropped };
}

for (const name of Object.keys(commands)) {
  Deno.test(`runCommand() explains ${name} with its usage`, async () => {
    for (const given of [["help", name], [name, "--help"], [name, "-h"]]) {
      const { code, out, err } = await run(...given);
      assert.equal(code, 0);
      assert.match(out, /^Usage: externalsource-controller /);
      assert.equal(err, "");
    }
  });
}

Deno.test("runCommand() explains short flags as they are typed", async () => {
  assert.match((await run("get", "--help")).out, /also -n/);
});

Deno.test("runCommand() offers to allow loopback only where it is not allowed always", async () => {
  const help = async (name: string) => (await run(name, "--help")).out;
  assert.match(await help("controller"), /--fetch-allow-loopback/);
  for (const name of ["build", "local"]) {
    assert.doesNotMatch(await help(name), /--fetch-allow-loopback/);
    assert.match(await help(name), /--fetch-deny-cidr/);
  }
});

Deno.test("runCommand() lists the commands", async () => {
  const { code, out } = await run("--help");
  assert.equal(code, 0);
  for (const name of Object.keys(commands)) assert.match(out, new RegExp(`^  ${name} `, "m"));
});

const wrong: readonly { given: string[]; says: RegExp }[] = [
  { given: ["buld"], says: /no such command; did you mean "build"\?/ },
  { given: ["help", "nothing"], says: /no such command/ },
  { given: ["build"], says: /name one file/ },
  { given: ["build", "a", "b"], says: /name one file/ },
  { given: ["build", "/nonexistent/a.yaml"], says: /\/nonexistent\/a\.yaml: cannot be read/ },
  { given: ["build", "a.yaml", "--nope"], says: /--nope: no such flag/ },
  {
    given: ["build", "a.yaml", "--diff", "-o", "a.tar.gz"],
    says: /Cannot use --output with --diff/,
  },
  { given: ["local"], says: /name one folder/ },
  { given: ["local", "/nonexistent"], says: /it does not exist/ },
  { given: ["crds", "x"], says: /takes no arguments/ },
  { given: ["version", "x"], says: /takes no arguments/ },
  {
    given: ["get", "-o", "xml"],
    says: /^Cannot use -o "xml": it must be one of table, json, yaml$/m,
  },
  {
    given: ["--zap-log-level=foo", "--concurrent=0", "--nope"],
    says: /(?=[^]*zap-log-level)(?=[^]*concurrent)(?=[^]*nope)/,
  },
  { given: ["controller", "extra"], says: /takes flags only/ },
  {
    given: ["get"],
    says: /Cannot find a cluster: there is no ~\/\.kube\/config\nGive one with --kubeconfig/,
  },
  {
    given: ["controller", "--kubeconfig=/nonexistent"],
    says: /"\/nonexistent": it does not exist/,
  },
  { given: ["controller", "--kubeconfig=/"], says: /"\/": it is a directory/ },
];
for (const { given, says } of wrong) {
  Deno.test(`runCommand() ends "${given.join(" ")}" with 2 and says what is wrong`, async () => {
    const { code, err } = await run(...given);
    assert.match(err, says);
    assert.equal(code, 2);
  });
}

Deno.test("runCommand() prints the CRD and the version", async () => {
  const { out } = await run("crds");
  assert.match(out, /^kind: CustomResourceDefinition$/m);
  for (const given of ["version", "--version"]) {
    assert.match((await run(given)).out, /^externalsource-controller \d+\.\d+\.\d+ /);
  }
});

const inPod = { KUBERNETES_SERVICE_HOST: "192.0.2.1" };
const absent = "--kubeconfig=/nonexistent/config";
const drops: readonly {
  given: string[];
  environment?: Record<string, string>;
  dropped: readonly Permission[];
}[] = [
  { given: ["version"], dropped: everyPermission },
  { given: ["crds"], dropped: everyPermission },
  { given: ["build", "/nonexistent/a.yaml"], dropped: ["run"] },
  { given: ["build", "/nonexistent/a.yaml", "--diff"], dropped: [] },
  { given: ["local", "/nonexistent"], dropped: ["run"] },
  { given: ["get", absent], dropped: ["write"] },
  { given: ["controller", absent], dropped: [] },
  { given: ["controller", absent], environment: inPod, dropped: [] },
  { given: ["controller"], environment: inPod, dropped: ["run"] },
  { given: ["get"], environment: inPod, dropped: ["write", "run"] },
  { given: ["build", "/nonexistent/a.yaml", "--diff"], environment: inPod, dropped: ["run"] },
];
for (const { given, environment = {}, dropped } of drops) {
  const where = environment === inPod ? " in a pod" : "";
  Deno.test(`runCommand() runs "${given.join(" ")}"${where} without ${dropped.join(", ") || "less"}`, async () => {
    const ended = { environment, signal: AbortSignal.abort() };
    assert.deepEqual((await runWith(ended, ...given)).dropped, dropped);
  });
}
