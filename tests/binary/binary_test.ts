import assert from "node:assert/strict";
import { join } from "node:path";
import { eventually } from "../acceptance/eventually.ts";
import { startController } from "../acceptance/controller_process.ts";
import { CertificateAuthority } from "../certificate_authority.ts";
import { goRendering } from "../go_rendering.ts";
import { KubeWorld } from "../integration/kube_world.ts";
import { S3Server } from "../s3_server.ts";
import { s3TestCredentials } from "../store/s3_values.ts";
import { startHttp, type Upstream } from "../upstream.ts";
import { binaryFlags, v8Flags } from "./binary_flags.ts";
import { provideBinary, type ProvidedBinary } from "./provide_binary.ts";
import { StartedProgram } from "./started_program.ts";

const version = "9.8.7+gabc";
const document = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}';

let binary: ProvidedBinary;
let upstream: Upstream;

Deno.test.beforeAll(async () => {
  binary = await provideBinary(version);
  console.log(`tests/binary looks at ${binary.how}`);
  upstream = await startHttp((_, response) => response.end(document));
});
Deno.test.afterAll(async () => {
  await upstream?.[Symbol.asyncDispose]();
  await binary?.[Symbol.asyncDispose]();
});

function start(args: readonly string[], name?: string): StartedProgram {
  return new StartedProgram({
    command: [...binary.command, ...args],
    ...(name === undefined ? {} : { name }),
  });
}

/** What one run says, if it ends well. */
async function run(...args: readonly string[]): Promise<string> {
  await using program = start(args);
  assert.equal(await program.end(), 0, program.said);
  return program.said;
}

/** A directory with one source of the document. */
async function sourceDirectory(spec: object = {}): Promise<string> {
  const directory = await Deno.makeTempDir();
  const generator = { type: "http", http: { url: `${upstream.origin}/a.json` } };
  const source = {
    ...{ apiVersion: "source.flux.oddkin.co/v1alpha1", kind: "ExternalSource" },
    metadata: { name: "a", namespace: "default" },
    spec: { interval: "1m", generator, ...spec },
  };
  await Deno.writeTextFile(join(directory, "a.yaml"), JSON.stringify(source));
  return directory;
}

const denied = /NotCapable|Requires .* access/;

Deno.test("the binary holds one bundle, may do what it needs and nothing else, and has a limit for its heap", () => {
  const { permissions, files, argv, environment, unstable, ...rest } = binary.embedded;
  // What hosts Deno would take code from by itself is denied with all others.
  const { allow_import: _, ...others } = permissions;
  const granted = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== null));
  assert.deepEqual(granted, {
    ...{ allow_net: [], allow_read: [], allow_write: [], allow_env: [], allow_run: [] },
    allow_sys: [
      "homedir",
      "hostname",
      "networkInterfaces",
      "osRelease",
      "osUptime",
      "statfs",
      "uid",
    ],
    ...{ deny_import: [], prompt: false },
  });
  assert.equal(files.length, 1, files.join());
  assert.deepEqual([argv, environment, unstable], [[], {}, []]);
  assert.equal(rest.unsafelyIgnoreCertificateErrors, null);
  for (const flag of v8Flags) assert.ok(rest.v8Flags.includes(flag), flag);
  // Whatever grows it by half has to be looked at: all of it is read at each start.
  assert.ok(rest.entrypoint.length < 4_000_000, `${rest.entrypoint.length} characters`);
});

Deno.test("deno task dev runs with the flags of the binary", async () => {
  const { tasks } = JSON.parse(
    await Deno.readTextFile(new URL("../../deno.json", import.meta.url)),
  );
  assert.ok(tasks.dev.command.includes(` ${binaryFlags.join(" ")} `), tasks.dev.command);
});

Deno.test("the binary says the version that it was built as", async () => {
  assert.match(await run("version"), /^externalsource-controller 9\.8\.7\+gabc \(pack format/);
});

Deno.test("the binary makes an artifact with build", async () => {
  const directory = await sourceDirectory();
  const output = join(directory, "a.tar.gz");
  const said = await run("build", join(directory, "a.yaml"), `--output=${output}`);
  assert.match(said, /^digest +sha256:[0-9a-f]{64}$/m);
  assert.ok((await Deno.stat(output)).size > 0);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("the binary serves an artifact with local, through a hook", async () => {
  const hooks = { postRequest: [{ name: "pass", command: "cat" }] };
  const directory = await sourceDirectory({ hooks });
  const whitelist = join(directory, "..whitelist.yaml");
  await Deno.writeTextFile(whitelist, "commands: {cat: {allowed: true}}\n");
  const flags = ["--artifact-server-port=0", "--log-level=debug", `--whitelist=${whitelist}`];
  await using program = start(["local", directory, ...flags]);
  const url = await program.says(/(http:\/\/localhost:\d+\/artifacts\/default\/a\/\w+\.tar\.gz)/);
  const response = await fetch(url);
  await response.body?.cancel();
  assert.equal(response.status, 200);
  assert.equal(await program.end("SIGTERM"), 0);
  assert.doesNotMatch(program.said, denied);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("the binary is the executor of hooks under the name that manifests call it by", async () => {
  const whitelist = await Deno.makeTempFile();
  await Deno.writeTextFile(whitelist, "commands: {cat: {allowed: true}}\n");
  const args = ["--port=0", "--host=127.0.0.1", "--allow-root"];
  await using program = new StartedProgram({
    command: [...binary.command, ...args],
    name: "/app/externalsource-hook-executor",
    env: { HOOK_WHITELIST_PATH: whitelist },
  });
  const origin = `http://127.0.0.1:${await program.says(/"msg":"listening".*"port":(\d+)/)}`;
  assert.equal((await (await fetch(`${origin}/health`)).json()).status, "healthy");
  const body = JSON.stringify({ command: "cat", stdin: btoa("kept") });
  const response = await fetch(`${origin}/execute`, { method: "POST", body });
  assert.deepEqual(await response.json(), { stdout: btoa("kept"), stderr: "", exitCode: 0 });
  assert.equal(await program.end("SIGTERM"), 0);
  assert.doesNotMatch(program.said, denied);
  await Deno.remove(whitelist);
});

interface Start {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly namespace?: string;
}

/** Runs the controller until it has published a source, and downloads that. */
async function expectPublished(world: KubeWorld, start: Start): Promise<void> {
  const { args = ["--zap-log-level=debug", "--metrics-secure"], env = {} } = start;
  const namespace = start.namespace ?? await world.namespace();
  const generator = { type: "http", http: { url: `${upstream.origin}/a.json` } } as const;
  await world.createSources(namespace, [{ name: "a", spec: { interval: "1m", generator } }]);
  const { kubeconfig } = world.plane;
  const program = binary.command;
  const controller = await startController({ kubeconfig, program, args, env });
  try {
    const get = ["get", "externalartifact", "a", `--namespace=${namespace}`];
    const url = await eventually(
      async () =>
        await world.plane.kubectl([...get, "--output=jsonpath={.status.artifact.url}"]) ||
        undefined,
      { withinMs: 60_000, what: "an artifact is published" },
    );
    const response = await fetch(url);
    assert.equal(response.status, 200);
    assert.ok((await response.bytes()).length > 0);
  } finally {
    const { code } = await controller.end("SIGTERM");
    assert.doesNotMatch(controller.log(), denied);
    assert.equal(code, 0, controller.log());
  }
}

/** What the Go chart and manifests render, at addresses and paths that a test has. */
async function startOfGo(world: KubeWorld, directory: string): Promise<Start> {
  const namespace = await world.namespace();
  const { arguments: rendered, environment, configMap } = goRendering;
  const { key, cert } = new CertificateAuthority().issue({ hosts: ["localhost"] });
  await Deno.writeTextFile(join(directory, "a"), cert);
  await Deno.writeTextFile(join(directory, "b"), key);
  const args = rendered
    .filter((each) => !each.startsWith("--artifact-server-port="))
    .map((each) => each.replace(/=:\d+$/, "=127.0.0.1:0").replace(/=\/[cw]$/, `=${directory}`));
  const metadata = { name: environment.CONFIG_MAP_NAME, namespace };
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata, data: configMap };
  await world.plane.kubectl(["create", "--filename", "-"], JSON.stringify(object));
  const places = { POD_NAMESPACE: namespace, CONFIG_MAP_NAMESPACE: namespace };
  return { args, env: { ...environment, ...places, PVC_STORAGE_PATH: directory }, namespace };
}

Deno.test("the binary publishes with controller, whatever the store and started as the Go implementation was", async (step) => {
  const world = await KubeWorld.start();
  try {
    await step.step("memory", () => expectPublished(world, {}));
    await step.step("pvc", async () => {
      const path = await Deno.makeTempDir();
      await expectPublished(world, { env: { STORAGE_BACKEND: "pvc", PVC_STORAGE_PATH: path } });
      await Deno.remove(path, { recursive: true });
    });
    await step.step("all that the Go chart and manifests render", async () => {
      const directory = await Deno.makeTempDir();
      await expectPublished(world, await startOfGo(world, directory));
      await Deno.remove(directory, { recursive: true });
    });
    await step.step("s3", async () => {
      await using s3 = await S3Server.start();
      await s3.makeBucket("artifacts");
      const { accessKeyId, secretAccessKey } = s3TestCredentials;
      const env = {
        ...{ STORAGE_BACKEND: "s3", S3_ENDPOINT: s3.url, S3_BUCKET: "artifacts" },
        ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
      };
      await expectPublished(world, { env });
    });
  } finally {
    await world.plane.close();
  }
});
