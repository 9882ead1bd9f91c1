import assert from "node:assert/strict";
import { join } from "node:path";
import { runCommand as runProgram } from "../../tests/run_command.ts";
import type { CommandInput } from "./command.ts";
import { runCommand } from "./run_command.ts";

const document = JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } });

interface Built {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly folder: string;
  readonly requests: readonly Headers[];
}

/** Runs `build` on a manifest; `URL` in it becomes that of a server that answers with the document. */
async function build(manifest: string, ...flags: string[]): Promise<Built> {
  const requests: Headers[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    requests.push(new Headers(request.headers));
    return new URL(request.url).pathname === "/a.json"
      ? new Response(document)
      : new Response("canary-body", { status: 404 });
  });
  const folder = await Deno.makeTempDir();
  const written = { out: "", err: "" };
  const input: CommandInput = {
    arguments: ["build", join(folder, "a.yaml"), `--output=${join(folder, "a.tar.gz")}`, ...flags],
    environment: {},
    signal: new AbortController().signal,
    print: (text) => written.out += text,
    printError: (text) => written.err += text,
    drop: () => {},
  };
  try {
    await Deno.writeTextFile(
      join(folder, "a.yaml"),
      manifest.replaceAll("URL", `http://127.0.0.1:${server.addr.port}`),
    );
    const code = await runCommand(input);
    return { code, ...written, folder, requests };
  } finally {
    await server.shutdown();
  }
}

const manifest = `
apiVersion: source.flux.oddkin.co/v1alpha1
kind: ExternalSource
metadata: {name: a}
spec:
  interval: 5m
  destinationPath: app/cm.yaml
  generator: {type: http, http: {url: "URL/a.json?key=canary-query", headersSecretRef: {name: token}}}
---
apiVersion: v1
kind: Secret
metadata: {name: token}
stringData: {Authorization: Bearer canary-token}
`;

Deno.test("build writes the tar.gz and prints tree, size, digest and revision", async () => {
  const { code, out, err, folder, requests } = await build(manifest);
  try {
    assert.equal(err, "");
    assert.equal(code, 0);
    assert.equal(requests[0]?.get("authorization"), "Bearer canary-token");
    const file = await Deno.readFile(join(folder, "a.tar.gz"));
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", file)).toHex();
    assert.match(out, new RegExp(`^digest +sha256:${digest}$`, "m"));
    assert.match(out, /^revision +latest@sha256:[0-9a-f]{64}$/m);
    assert.match(out, new RegExp(`^size +${file.length}$`, "m"));
    assert.match(out, new RegExp(`^ +app\n +cm\\.yaml +\\(${document.length} bytes\\)$`, "m"));
    const unpacked = await new Deno.Command("tar", {
      args: ["-xzOf", join(folder, "a.tar.gz"), "app/cm.yaml"],
    }).output();
    assert.equal(new TextDecoder().decode(unpacked.stdout), document);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const failures: readonly { name: string; manifest: string; code: number; says: RegExp }[] = [
  {
    name: "an upstream that refuses",
    manifest: manifest.replace("a.json", "b.json"),
    code: 1,
    says: /Cannot fetch "http:\/\/127\.0\.0\.1:\d+\/b\.json": status 404/,
  },
  {
    name: "a Secret that is missing",
    manifest: manifest.split("---")[0]!,
    code: 1,
    says: /Cannot read Secret "default\/token": it does not exist/,
  },
  {
    name: "a path that Flux would refuse",
    manifest: manifest.replace("app/cm.yaml", "../x"),
    code: 2,
    says: /Cannot use spec\.destinationPath "\.\.\/x"/,
  },
  {
    name: "a wrong interval",
    manifest: manifest.replace("5m", "1..5m"),
    code: 2,
    says: /a\.yaml:6: spec\.interval: must be a duration such as /,
  },
];
for (const { name, manifest, code, says } of failures) {
  Deno.test(`build of ${name} says so, without a secret, and ends with ${code}`, async () => {
    const built = await build(manifest);
    try {
      assert.match(built.err, says);
      assert.equal(built.code, code);
      assert.doesNotMatch(built.out + built.err, /canary/);
      assert.deepEqual([...Deno.readDirSync(built.folder)].map((entry) => entry.name), ["a.yaml"]);
    } finally {
      await Deno.remove(built.folder, { recursive: true });
    }
  });
}

Deno.test("build says why it cannot write its output", async () => {
  const { code, err, folder } = await build(manifest, "-o", "/nonexistent/a.tar.gz");
  try {
    assert.match(err, /Cannot write "\/nonexistent\/a\.tar\.gz": its directory does not exist/);
    assert.equal(code, 2);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("build shows what a failed hook has said, without secrets", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(
    join(folder, "whitelist.yaml"),
    "commands:\n  cat: { allowed: true, unsafe: true }\n",
  );
  const hooks = `
  hooks:
    postRequest:
    - name: show
      command: cat
      args: [/nonexistent/canary-token]
`;
  const built = await build(
    manifest.replace("\n---", `${hooks}---`),
    `--whitelist=${folder}/whitelist.yaml`,
  );
  try {
    assert.match(built.err, /^show: .*cat: .*\/nonexistent\/.*: No such file or directory$/m);
    assert.match(built.err, /^hook "show" \(postRequest 1 of 1\): exit 1 after/m);
    assert.equal(built.code, 1);
    assert.doesNotMatch(built.out + built.err, /canary/);
  } finally {
    await Deno.remove(built.folder, { recursive: true });
    await Deno.remove(folder, { recursive: true });
  }
});

const main = new URL("../main.ts", import.meta.url).pathname;

for (const file of ["-", "/dev/stdin", "<(cat)"]) {
  Deno.test(`build ${file} -o - reads standard input and writes the tar.gz alone to standard output`, async () => {
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => new Response(document),
    );
    try {
      const url = `http://127.0.0.1:${server.addr.port}`;
      const command = `"$@" build ${file} -o - | tar -xzO app/cm.yaml`;
      const unpacked = await runProgram("bash", {
        args: ["-c", command, "bash", Deno.execPath(), "run", "--no-prompt", "-A", main],
        stdin: manifest.replaceAll("URL", url),
      });
      assert.equal(unpacked, document);
    } finally {
      await server.shutdown();
    }
  });
}
