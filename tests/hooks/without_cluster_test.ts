import assert from "node:assert/strict";
import { join } from "node:path";
import type { CommandInput } from "../../src/cli/command.ts";
import type { Permission } from "../../src/cli/drop_permissions.ts";
import { runCommand } from "../../src/cli/run_command.ts";

const whitelist = `
commands:
  jq: {allowed: true}
  sed: {allowed: true}
  sort: {allowed: true}
`;

const source = `
apiVersion: source.flux.oddkin.co/v1alpha1
kind: ExternalSource
metadata: {name: a}
spec:
  interval: 5m
  destinationPath: names.txt
  generator: {type: http, http: {url: "URL/a.json"}}
  hooks:
    preRequest:
    - {name: sign, command: jq, args: ['.url += "?signed=1"']}
    - {name: mint, command: jq, args: ['{headers: {authorization: "Bearer minted"}}']}
    postRequest:
    - {name: names, command: jq, args: [-r, '.items[].name']}
    - {name: broken, command: jq, args: [.canary], retryPolicy: ignore}
    - {name: greet, command: sed, args: [-e, 's/^/hello /']}
    - {name: sorted, command: sort}
`;
const document = JSON.stringify({ items: [{ name: "world" }, { name: "moon" }] });
const transformed = "hello moon\nhello world\n";

/** A folder with a source whose upstream wants what its hooks mint, and a way to run commands there. */
class Place implements AsyncDisposable {
  readonly folder = Deno.makeTempDirSync();
  readonly ending = new AbortController();
  readonly dropped: Permission[] = [];
  out = "";
  err = "";
  onPrint: () => void = () => {};
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ url, headers }) => {
      const isSigned = new URL(url).search === "?signed=1";
      const isMinted = headers.get("authorization") === "Bearer minted";
      return isSigned && isMinted ? new Response(document) : new Response(null, { status: 401 });
    },
  );

  constructor(text = source) {
    const { port } = this.#server.addr;
    Deno.mkdirSync(join(this.folder, "sources"));
    const file = join(this.folder, "sources", "a.yaml");
    Deno.writeTextFileSync(file, text.replace("URL", `http://127.0.0.1:${port}`));
    Deno.writeTextFileSync(join(this.folder, "w.yaml"), whitelist);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  run(...given: readonly string[]): Promise<number> {
    const input: CommandInput = {
      arguments: given,
      environment: {},
      signal: this.ending.signal,
      print: (text) => {
        this.out += text;
        this.onPrint();
      },
      printError: (text) => this.err += text,
      drop: (...names) => void this.dropped.push(...names),
    };
    return runCommand(input);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function unpack(file: string): Promise<string> {
  const { stdout } = await new Deno.Command("tar", { args: ["-xzOf", file, "names.txt"] }).output();
  return new TextDecoder().decode(stdout);
}

Deno.test("build and local run the same hooks to the same bytes, and so does nothing else of the machine", async () => {
  await using place = new Place();
  const output = place.path("a.tar.gz");
  const flag = `--whitelist=${place.path("w.yaml")}`;
  assert.equal(
    await place.run("build", place.path("sources/a.yaml"), flag, "-o", output),
    0,
    place.err,
  );
  assert.equal(await unpack(output), transformed);
  const revision = /^revision +(\S+)$/m.exec(place.out)?.[1];
  assert.match(revision!, /^latest@sha256:[0-9a-f]{64}$/);
  assert.ok(!place.dropped.includes("run"));

  place.out = "";
  place.onPrint = () => place.out.includes("download:") && place.ending.abort();
  const code = await place.run("local", place.path("sources"), flag, "--artifact-server-port=0");
  assert.equal(code, 0, place.err);
  assert.ok(place.out.includes(` ${revision} `), place.out);
  const key = /\/(artifacts\/\S+\.tar\.gz)/.exec(place.out)?.[1];
  const stored = await Deno.readFile(place.path(`sources/.externalsource/${key}`));
  assert.deepEqual(stored, await Deno.readFile(output));
  assert.ok(!place.dropped.includes("run"));
});

const refusals = [
  {
    name: "without a whitelist",
    flags: [],
    code: 1,
    says: /hook "sign" \(preRequest 1 of 2\) is not allowed: name the commands .* --whitelist FILE/,
    drops: true,
  },
  {
    name: "with a whitelist that is not there",
    flags: ["--whitelist=/nonexistent.yaml"],
    code: 2,
    says: /Cannot read the whitelist "\/nonexistent\.yaml": no such file or directory/,
    drops: false,
  },
];
for (const { name, flags, code, says, drops } of refusals) {
  Deno.test(`build ${name} fails hooks and says why`, async () => {
    await using place = new Place();
    const output = place.path("a.tar.gz");
    const file = place.path("sources/a.yaml");
    assert.equal(await place.run("build", file, "-o", output, ...flags), code);
    assert.match(place.err, says);
    assert.equal(place.dropped.includes("run"), drops);
    assert.deepEqual([...Deno.readDirSync(place.folder)].map((entry) => entry.name).sort(), [
      "sources",
      "w.yaml",
    ]);
  });
}

Deno.test("build says which hook failed and how, or that it may not run", async () => {
  for (
    const [from, to, says] of [
      [
        "retryPolicy: ignore",
        "retryPolicy: fail",
        /hook "broken" \(postRequest 2 of 4\): exit \d after \d+ ms/,
      ],
      [
        "command: sort",
        "command: bash",
        /hook "sorted" \(postRequest 4 of 4\) is not allowed: .*"?bash/,
      ],
      [
        "[.canary]",
        "[--rawfile, a, /etc/passwd, .]",
        /hook "broken" \(postRequest 2 of 4\) is not allowed: /,
      ],
    ] as const
  ) {
    await using place = new Place(source.replace(from, to));
    const flag = `--whitelist=${place.path("w.yaml")}`;
    const code = await place.run("build", place.path("sources/a.yaml"), flag);
    assert.equal(code, 1);
    assert.match(place.err, says);
  }
});

Deno.test("local follows its whitelist: what is allowed later is run then", async () => {
  await using place = new Place();
  Deno.writeTextFileSync(place.path("w.yaml"), "commands: {}");
  place.onPrint = () => {
    if (place.out.includes("HookNotAllowed")) {
      Deno.writeTextFileSync(place.path("w.yaml"), whitelist);
    }
    if (place.out.includes("download:")) place.ending.abort();
  };
  const flag = `--whitelist=${place.path("w.yaml")}`;
  assert.equal(
    await place.run("local", place.path("sources"), flag, "--artifact-server-port=0"),
    0,
  );
  assert.match(place.out, /HookNotAllowed .*"jq"[^]*download:/);
});
