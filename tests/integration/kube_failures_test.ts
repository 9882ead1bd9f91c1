import assert from "node:assert/strict";
import { join } from "node:path";
import type { KubeTimes } from "../../src/objects/kube/connect_kube.ts";
import type { KubeOptions } from "../../src/objects/kube/connect_kube.ts";
import type { CredentialSource } from "../../src/objects/kube/credentials.ts";
import { kubeconfigCredentials } from "../../src/objects/kube/kubeconfig_credentials.ts";
import type { KubeObjects } from "../../src/objects/kube/kube_objects.ts";
import { podCredentials } from "../../src/objects/kube/pod_credentials.ts";
import { eventually } from "../acceptance/eventually.ts";
import { WatchRecorder } from "../contract/watch_recorder.ts";
import { ApiProxy } from "../proxy/api_proxy.ts";
import { TcpProxy } from "../proxy/tcp_proxy.ts";
import { runCommand } from "../run_command.ts";
import { KubeWorld } from "./kube_world.ts";

const spec = {
  interval: "5m",
  generator: { type: "http", http: { url: "http://127.0.0.1:1/config.json" } },
};
const quick: Partial<KubeTimes> = { backoffBaseMs: 20, backoffMaxMs: 200, notInstalledMs: 100 };

let world: KubeWorld;
let admin: CredentialSource;

Deno.test.beforeAll(async () => {
  world = await KubeWorld.start();
  admin = await kubeconfigCredentials({ file: world.plane.kubeconfig });
});
Deno.test.afterAll(() => world?.plane.close());

interface Watching {
  readonly objects: KubeObjects;
  readonly namespace: string;
  readonly watch: WatchRecorder;
  readonly problems: readonly string[];
  /** Codes of the calls so far. */
  readonly codes: readonly string[];
  create(...names: readonly string[]): Promise<void>;
  remove(name: string): Promise<void>;
}

/** Runs a body with a synced watch on a namespace of its own. */
async function watching(
  options: Partial<KubeOptions>,
  body: (each: Watching) => Promise<void>,
): Promise<void> {
  const namespace = await world.namespace();
  const [problems, codes]: [string[], string[]] = [[], []];
  const objects = await world.connect({
    watchNamespace: namespace,
    onProblem: (message) => void problems.push(message),
    onCall: ({ code }) => void codes.push(code),
    ...options,
    times: { ...quick, ...options.times },
  });
  const watch = new WatchRecorder({ objects, namespace });
  try {
    await watch.synced();
    await body({
      ...{ objects, namespace, watch, problems, codes },
      create: (...names) => world.createSources(namespace, names.map((name) => ({ name, spec }))),
      remove: async (name) =>
        void await world.plane.kubectl(["-n", namespace, "delete", "externalsource", name]),
    });
  } finally {
    await watch.stop();
    await objects.close();
  }
}

async function throughTcp(body: (proxy: TcpProxy, source: CredentialSource) => Promise<void>) {
  const proxy = new TcpProxy(new URL(admin.server));
  try {
    await body(proxy, { ...admin, server: `https://127.0.0.1:${proxy.port}` });
  } finally {
    await proxy.close();
  }
}

async function throughApi(body: (proxy: ApiProxy, source: CredentialSource) => Promise<void>) {
  const proxy = new ApiProxy(admin.server, world.plane.dir);
  try {
    await body(proxy, { ...admin, server: proxy.url });
  } finally {
    await proxy.close();
  }
}

const openFiles = () => [...Deno.readDirSync("/proc/self/fd")].length;
const isWatch = (request: Request) => new URL(request.url).searchParams.has("watch");
const isOfSources = (request: Request) => new URL(request.url).pathname.includes("externalsources");
const status = (code: number, headers: Record<string, string> = {}) =>
  Response.json({ kind: "Status", apiVersion: "v1", code, message: "on demand" }, {
    status: code,
    headers,
  });

Deno.test("KubeObjects.watch() outlives ten kills of the API server without new descriptors", async () => {
  await watching({}, async ({ create, watch, objects }) => {
    let before = 0;
    for (let round = 1; round <= 10; round++) {
      await world.plane.stop("kube-apiserver");
      await world.plane.start();
      await create(`r${round}`);
      await watch.source(`r${round}`);
      if (round === 1) before = openFiles();
    }
    assert.equal(objects.sources.size, 10);
    await eventually(() => openFiles() <= before + 2, {
      withinMs: 30_000,
      what: `as many descriptors as after one round, ${before}`,
    });
  });
});

Deno.test("KubeObjects.watch() goes on after its connections dropped", async () => {
  await throughTcp(async (proxy, credentials) => {
    await watching({ credentials }, async ({ create, watch, codes }) => {
      for (const name of ["a", "b", "c"]) {
        proxy.drop();
        await create(name);
        await watch.source(name);
      }
      assert.ok(proxy.accepted >= 4, `${proxy.accepted} connections`);
      // 429: the API server has just been started by the test before, and its own caches are not filled yet.
      const expected = ["200", "<error>", "429"];
      assert.ok(codes.every((code) => expected.includes(code)), codes.join(" "));
    });
  });
});

Deno.test("KubeObjects.watch() notices a silent connection and leaves it", async () => {
  await throughTcp(async (proxy, credentials) => {
    await watching({ credentials, times: { silenceMs: 1_000 } }, async ({ create, watch }) => {
      // Silence while the watch is still being asked for takes the time-out of a call instead.
      await create("first");
      await watch.source("first");
      proxy.silence();
      await create("a");
      await watch.source("a");
    });
  });
});

Deno.test("KubeObjects leaves a connection on which a call had no answer, the watch too", async () => {
  await throughTcp(async (proxy, credentials) => {
    const times = { requestMs: 1_000 };
    await watching({ credentials, times }, async ({ create, watch, objects, namespace }) => {
      await create("a");
      await watch.source("a");
      proxy.silence();
      const name = { namespace, name: "a" };
      await assert.rejects(objects.readSource(name), /no whole answer in time/);
      assert.equal((await objects.readSource(name))?.metadata.name, "a");
      await create("b");
      await watch.source("b");
    });
  });
});

for (
  const [form, answer] of [
    ["status", () => status(410)],
    [
      "event",
      () =>
        new Response(
          '{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}\n',
        ),
    ],
  ] as const
) {
  Deno.test(`KubeObjects.watch() tells what it missed after 410 as ${form}`, async () => {
    await throughApi(async (proxy, credentials) => {
      await watching({ credentials }, async ({ create, remove, watch }) => {
        await create("kept", "gone");
        const old = await watch.source("kept");
        await watch.source("gone");
        proxy.intercept = () => status(503);
        proxy.cut();
        await remove("gone");
        await remove("kept");
        await create("kept", "new");
        let expired = 0;
        proxy.intercept = (request) =>
          isWatch(request) && isOfSources(request) && expired++ === 0 ? answer() : undefined;
        await watch.source("new");
        await watch.source("kept", ({ metadata }) => metadata.uid !== old.metadata.uid);
        await watch.until(
          () => watch.changesOf("ExternalSource", "gone").at(-1)?.after === undefined,
          "gone is told",
        );
        await watch.until(() => expired >= 2, "the watch began anew");
      });
    });
  });
}

for (const code of [429, 503]) {
  Deno.test(`KubeObjects.watch() waits as ${code} with Retry-After asks`, async () => {
    await throughApi(async (proxy, credentials) => {
      const refusedAt: number[] = [];
      let passedAt = 0;
      proxy.intercept = (request) => {
        if (!isOfSources(request) || passedAt > 0) return undefined;
        if (refusedAt.length === 2) passedAt = Date.now();
        else refusedAt.push(Date.now());
        return passedAt > 0 ? undefined : status(code, { "retry-after": "1" });
      };
      await watching({ credentials }, async ({ create, watch }) => {
        await create("a");
        await watch.source("a");
        const waits = [refusedAt[1]! - refusedAt[0]!, passedAt - refusedAt[1]!];
        assert.ok(waits.every((ms) => ms >= 990), `waited ${waits}`);
      });
    });
  });
}

Deno.test("KubeObjects.watch() skips what it cannot read and goes on with the others", async () => {
  await throughApi(async (proxy, credentials) => {
    const broken = { metadata: { namespace: "x", name: "broken" } };
    proxy.intercept = async (request, pass) => {
      const answer = await pass();
      if (!isOfSources(request)) return answer;
      if (isWatch(request)) return withLine(answer, `no json\n{"type":"ADDED"}\n`);
      const list = await answer.json();
      return Response.json({ ...list, items: [broken, null, ...list.items] });
    };
    await watching({ credentials }, async ({ create, watch, objects, problems }) => {
      await create("good");
      await watch.source("good");
      assert.equal(objects.sources.size, 1);
      const named = 'Cannot read ExternalSource "x/broken": Cannot read metadata.uid: not a text';
      assert.ok(problems.includes(named), problems.join("\n"));
      assert.ok(problems.some((each) => each.includes("Cannot read a line of the watch")));
    });
  });
});

/** The answer with a line before its own. */
function withLine(answer: Response, line: string): Response {
  const before = new TransformStream<Uint8Array, Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(line)),
  });
  return new Response(answer.body!.pipeThrough(before), { headers: answer.headers });
}

Deno.test("KubeObjects.watch() lists more than a page, and again when its pages expire", async () => {
  await throughApi(async (proxy, credentials) => {
    let [pages, expired] = [0, 0];
    proxy.intercept = (request) => {
      const { searchParams } = new URL(request.url);
      if (!isOfSources(request) || isWatch(request)) return undefined;
      pages += 1;
      return searchParams.has("continue") && expired++ === 0 ? status(410) : undefined;
    };
    const namespace = await world.namespace();
    const names = Array.from({ length: 510 }, (_, index) => `s${index}`);
    await world.createSources(namespace, names.map((name) => ({ name, spec })));
    const watchNamespace = namespace;
    await watching({ credentials, watchNamespace }, async ({ objects, watch }) => {
      assert.equal(objects.sources.size, 510);
      assert.deepEqual({ pages, expired }, { pages: 4, expired: 2 });
      await world.createSources(namespace, [{ name: "last", spec }]);
      await watch.until(() => objects.sources.size === 511, "the watch goes on from the list");
    });
  });
});

Deno.test("KubeObjects.watch() waits for a kind that is not installed", async () => {
  const crd = "externalartifacts.source.toolkit.fluxcd.io";
  await watching({}, async ({ watch, objects, namespace, create, problems }) => {
    await create("a");
    const source = await watch.source("a");
    const wanted = { ...{ namespace, name: "a", spec: {} }, annotations: {}, ownerReferences: [] };
    const labels = { "app.kubernetes.io/managed-by": "externalsource-controller" };
    await objects.createArtifact({ ...wanted, labels });
    await world.plane.kubectl(["delete", "crd", crd]);
    await watch.until(() => objects.artifacts.state === "not-installed", "the kind is gone");
    assert.equal(objects.artifacts.size, 0);
    const absent = { name: "KindNotInstalledError" };
    await assert.rejects(objects.createArtifact({ ...wanted, labels }), absent);
    await assert.rejects(objects.readArtifact({ namespace, name: "a" }), absent);
    await objects.writeSourceStatus(source, { failures: 1 });
    await world.installFlux();
    await watch.until(() => objects.artifacts.state === "synced", "the kind is back");
    await objects.createArtifact({ ...wanted, labels });
    await watch.artifact("a");
    assert.equal(problems.filter((message) => message.includes("is not installed")).length, 1);
  });
});

Deno.test("KubeObjects follows a rotated token and a refused one", async () => {
  const directory = await Deno.makeTempDir();
  const { kubectl, dir } = world.plane;
  await Deno.copyFile(join(dir, "pki", "ca.crt"), join(directory, "ca.crt"));
  const rotate = (token: string) => Deno.writeTextFile(join(directory, "token"), token);
  await kubectl(["create", "serviceaccount", "operator"]);
  const binding = ["clusterrolebinding", "operator", "--clusterrole=cluster-admin"];
  await kubectl(["create", ...binding, "--serviceaccount=default:operator"]);
  await rotate(await kubectl(["create", "token", "operator"]));
  const { hostname: host, port } = new URL(admin.server);
  const credentials = podCredentials({ directory, host, port });
  await watching({ credentials }, async ({ objects, namespace, create, watch, codes }) => {
    await create("a");
    await watch.source("a");
    // Until it is reread, the old token goes on working: a refusal is what makes us look.
    await rotate("bad");
    const impatient = await world.connect({ credentials, times: quick });
    await assert.rejects(impatient.readSource({ namespace, name: "a" }), /status 401/);
    await rotate(await kubectl(["create", "token", "operator"]));
    assert.equal((await impatient.readSource({ namespace, name: "a" }))?.metadata.name, "a");
    await impatient.close();
    assert.equal((await objects.readSource({ namespace, name: "a" }))?.metadata.name, "a");
    assert.ok(!codes.includes("401"));
  });
  await Deno.remove(directory, { recursive: true });
});

/** Another authority and a server's certificate by it. */
async function makeAuthority(directory: string) {
  const script = `
    cd "$1"
    key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }
    key ca.key; openssl req -x509 -new -key ca.key -subj /CN=other-ca -days 2 -out ca.crt
    key server.key; echo "subjectAltName=IP:127.0.0.1" > ext
    openssl req -new -key server.key -subj /CN=server |
      openssl x509 -req -days 2 -CA ca.crt -CAkey ca.key -set_serial 1 -extfile ext -out server.crt`;
  await runCommand("sh", { args: ["-c", script, "sh", directory] });
  const read = (name: string) => Deno.readTextFile(join(directory, name));
  return {
    ca: await read("ca.crt"),
    cert: await read("server.crt"),
    key: await read("server.key"),
  };
}

Deno.test("KubeObjects follows a rotated authority", async () => {
  const [directory, other] = [await Deno.makeTempDir(), await Deno.makeTempDir()];
  const { ca, cert, key } = await makeAuthority(other);
  const { dir } = world.plane;
  await Deno.copyFile(join(dir, "pki", "ca.crt"), join(directory, "ca.crt"));
  await Deno.writeTextFile(join(directory, "token"), "any");
  const first = new ApiProxy(admin.server, dir);
  const port = new URL(first.url).port;
  const credentials = podCredentials({ directory, host: "127.0.0.1", port });
  await watching({ credentials }, async ({ create, watch, codes }) => {
    await create("a");
    await watch.source("a");
    await first.close();
    const second = new ApiProxy(admin.server, dir, { port: Number(port), cert, key });
    await create("b");
    await watch.until(() => codes.slice(-4).every((code) => code === "<error>"), "it is refused");
    await Deno.writeTextFile(join(directory, "ca.crt"), ca);
    await watch.source("b");
    await watch.stop();
    await second.close();
  });
  for (const each of [directory, other]) await Deno.remove(each, { recursive: true });
});

Deno.test("KubeObjects.updateArtifact() takes over what the Go implementation manages", async () => {
  await watching({}, async ({ objects, namespace, watch }) => {
    const { kubectl } = world.plane;
    const go = (object: unknown, ...more: string[]) =>
      kubectl(["replace", "--field-manager=manager", ...more, "-f", "-"], JSON.stringify(object));
    const old = {
      ...{ apiVersion: "source.toolkit.fluxcd.io/v1", kind: "ExternalArtifact" },
      metadata: { namespace, name: "a", labels: { team: "x" } },
      spec: { sourceRef: { apiVersion: "x/v1", kind: "ExternalSource", name: "a", namespace } },
    };
    await kubectl(["create", "--field-manager=manager", "-f", "-"], JSON.stringify(old));
    await go({ ...old, status: { conditions: [] } }, "--subresource=status");
    const artifact = ["externalartifact", "a"];
    await kubectl(["-n", namespace, "label", "--field-manager=person", ...artifact, "by=person"]);
    const labels = { "app.kubernetes.io/managed-by": "externalsource-controller" };
    const wanted = { ...{ namespace, name: "a" }, labels, annotations: {}, ownerReferences: [] };
    const found = await objects.readArtifact({ namespace, name: "a" });
    await objects.updateArtifact(found!, { ...wanted, spec: {} });
    const text = await kubectl([
      ...["-n", namespace, "get", "externalartifact", "a"],
      ...["--output=json", "--show-managed-fields"],
    ]);
    const { metadata, spec } = JSON.parse(text);
    const managers = metadata.managedFields.map((each: { manager: string }) => each.manager);
    assert.deepEqual(managers.toSorted(), ["externalsource-controller", "person"]);
    assert.deepEqual(metadata.labels, { team: "x", by: "person", ...labels });
    assert.deepEqual(spec, {});
    await watch.artifact("a");
  });
});

Deno.test("KubeObjects.recordEvent() counts repeats and drops what cannot be written", async () => {
  const dropped: string[] = [];
  await throughApi(async (proxy, credentials) => {
    const onDroppedEvent = ({ reason }: { reason: string }) => void dropped.push(reason);
    const options = { credentials, onDroppedEvent };
    await watching(options, async ({ objects, namespace, create, watch }) => {
      await create("a");
      const { metadata } = await watch.source("a");
      const event = {
        involvedObject: { apiVersion: "x/v1", kind: "ExternalSource", ...metadata },
        ...{ type: "Warning", reason: "FetchFailed", message: "m" } as const,
      };
      const time = Date.UTC(2026, 0, 1);
      for (const after of [0, 1_000, 599_000, 600_000]) {
        await objects.recordEvent({ ...event, time: time + after });
      }
      await objects.eventsWritten();
      const text = await world.plane.kubectl(["-n", namespace, "get", "events", "--output=json"]);
      const counts = JSON.parse(text).items.map(({ count }: { count: number }) => count);
      assert.deepEqual(counts.toSorted(), [1, 3]);
      proxy.intercept = () => status(403);
      await objects.recordEvent({ ...event, reason: "Forbidden", time });
      await objects.eventsWritten();
      assert.deepEqual(dropped, ["Forbidden"]);
      proxy.intercept = () => undefined;
    });
  });
});
