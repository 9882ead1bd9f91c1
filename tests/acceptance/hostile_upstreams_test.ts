import assert from "node:assert/strict";
import { findCondition } from "../../src/core/condition.ts";
import type { ExternalSourceStatus } from "../../src/core/external_source.ts";
import { CertificateAuthority } from "../certificate_authority.ts";
import type { ControlPlane } from "../cluster/control_plane.ts";
import { KubeWorld } from "../integration/kube_world.ts";
import { startHttp } from "../upstream.ts";
import { eventually } from "./eventually.ts";
import { expectNoLeaks } from "./expect_no_leaks.ts";
import { failedReconciles } from "./failed_reconciles.ts";
import { FluxWorld, isReady, patience } from "./flux_world.ts";
import { large, status } from "./hostile_answers.ts";
import { hostileCases, maxSourceSize } from "./hostile_cases.ts";
import { HostileSource } from "./hostile_source.ts";
import { malformedReasons, storeMalformedSources } from "./malformed_sources.ts";
import { Tarpits } from "./tarpits.ts";
import { writeSecret } from "./write_secret.ts";

let plane: ControlPlane;
Deno.test.beforeAll(async () => {
  plane = (await KubeWorld.start()).plane;
});
Deno.test.afterAll(() => plane.close());

const env = {
  HTTP_TIMEOUT: "2s",
  RETRY_BASE_DELAY: "300ms",
  RETRY_MAX_DELAY: "1s",
  RETRY_MAX_ATTEMPTS: "1000",
};

/** Events of a world as `reason × count`, by kind and name of what they are about. */
async function eventsOf(world: FluxWorld): Promise<Map<string, string[]>> {
  const output = await plane.kubectl(["-n", world.namespace, "get", "events", "-o", "json"]);
  const events = new Map<string, string[]>();
  for (const { involvedObject: { kind, name }, reason, count } of JSON.parse(output).items) {
    events.set(`${kind} ${name}`, [...events.get(`${kind} ${name}`) ?? [], `${reason} × ${count}`]);
  }
  return events;
}

/** Waits until each source was told of once: published, failed, published again. */
async function expectEvents(world: FluxWorld, sources: readonly HostileSource[]): Promise<void> {
  const expected = new Map(sources.flatMap((source) => {
    const { name, reason } = source.case;
    const told = ["NewArtifact × 1", "NewArtifact × 1", `${reason} × 1`].sort();
    return [[`ExternalSource ${name}`, told], [`ExternalArtifact ${name}`, told]] as const;
  }));
  const sorted = async () =>
    new Map([...await eventsOf(world)].map(([about, told]) => [about, told.sort()]));
  await eventually(async () => {
    assert.deepEqual(await sorted(), expected);
    return true;
  }, { withinMs: patience, what: "all events are written, and no other" });
}

/** How long it takes until a new source is ready. */
async function msToReady(world: FluxWorld, path: string): Promise<number> {
  const start = performance.now();
  const name = `new-${crypto.randomUUID()}`;
  const generator = { type: "http", http: { url: `${world.origin}/document` } };
  await world.api.write({
    method: "POST",
    path,
    body: {
      apiVersion: "source.flux.oddkin.co/v1alpha1",
      kind: "ExternalSource",
      metadata: { name },
      spec: { interval: "1h", generator },
    },
  });
  const look = async () =>
    isReady((await world.api.get<ExternalSourceStatus>(`${path}/${name}`))?.status);
  await eventually(look, { withinMs: patience, what: `${name} is ready` });
  return performance.now() - start;
}

/** How long it takes until a reconcile that was asked for is answered. */
async function msToAnswer(world: FluxWorld, name: string): Promise<number> {
  const start = performance.now();
  const requested = await world.request("ExternalSource", name);
  await eventually(
    async () => (await world.source(name)).status?.lastHandledReconcileAt === requested,
    { withinMs: patience, what: `${name} has answered` },
  );
  return performance.now() - start;
}

// First, because this one watches all namespaces.
Deno.test("50 hosts that never answer, with 20 sources each, delay no other source", async () => {
  const timeoutMs = 8_000;
  const env = { HTTP_TIMEOUT: `${timeoutMs}ms` };
  await FluxWorld.run(plane, { watchesAll: true, env }, async (world) => {
    await using tarpits = await Tarpits.start(50);
    await plane.kubectl(["create", "namespace", "elsewhere"]);
    world.publishUpstream("good");
    await world.createSource("good");
    const paths = [world.namespace, "elsewhere"].map((namespace) =>
      `/apis/source.flux.oddkin.co/v1alpha1/namespaces/${namespace}/externalsources`
    );
    const measure = async () =>
      await Promise.all([
        ...paths.map((path) => msToReady(world, path)),
        msToAnswer(world, "good"),
      ]);
    await measure();
    const calm: number[][] = [];
    for (let round = 0; round < 5; round++) calm.push(await measure());
    await tarpits.createSources(world, 20);
    await eventually(() => tarpits.holding === 50, { withinMs: patience, what: "all hosts hang" });
    const took: number[][] = [];
    // Over the first time-outs: their failures, and who waited behind them, delay nobody either.
    while (tarpits.accepted < 120) took.push(await measure());
    assert.ok(took.length >= 5, `${took.length} rounds`);
    // Who waits for one of them is late by up to the time-out; a slow machine was slow before they came, too.
    const late = Math.max(...took.flat()) - Math.max(...calm.flat());
    assert.ok(late < timeoutMs / 2, JSON.stringify({ calm, took }));
  });
});

const levels = ["debug", "info"];

for (const level of levels) {
  Deno.test(`a hostile upstream fails as its class says, leaves the artifact and leaks nothing (log level ${level})`, async () => {
    const args = [`--max-source-size=${maxSourceSize}`, `--log-level=${level}`];
    await FluxWorld.run(plane, { args, env }, async (world) => {
      await using stack = new AsyncDisposableStack();
      const sources = await Promise.all(
        hostileCases.map(async (hostile) => stack.use(await HostileSource.publish(world, hostile))),
      );
      await Promise.all(sources.map((source) => source.turn()));
      await Promise.all(sources.map((source) => source.expectFailure()));
      const asked = () => sources.map(({ upstream }) => upstream.askedAt.length);
      const before = asked();
      const retried = sources.filter((source) => source.case.class === "transient");
      const failed = ({ name }: HostileSource) => failedReconciles(world.controller.log(), name);
      await eventually(() => retried.every((source) => failed(source) >= 3), {
        ...{ withinMs: 60_000, what: "they are retried" },
      });
      for (const [index, { name, upstream, case: { class: hostileClass } }] of sources.entries()) {
        if (hostileClass === "transient") continue;
        assert.equal(upstream.askedAt.length, before[index], `${name} waits for its interval`);
      }
      await Promise.all(sources.map((source) => source.expectFailure()));
      await Promise.all(sources.map((source) => source.expectOldArtifact()));
      await Promise.all(sources.map((source) => source.restore("second")));
      await Promise.all(sources.map((source) => source.expectRecovery()));
      await expectEvents(world, sources);
      await expectNoLeaks(world, plane);
    });
  });
}

Deno.test("what an upstream asks for with Retry-After is kept to; a source without retries left goes on at its interval", async () => {
  const settings = { ...env, RETRY_MAX_ATTEMPTS: "3" };
  await FluxWorld.run(plane, { env: settings }, async (world) => {
    await using stack = new AsyncDisposableStack();
    const failing = { class: "transient", reason: "FetchFailed" } as const;
    const publish = async (name: string, answer = status(503), message = /: status 503$/) =>
      stack.use(
        await HostileSource.publish(world, { ...failing, name, turn: { answer }, message }),
      );
    const [limited, exhausted] = await Promise.all([
      publish("limited", status(429, { "Retry-After": "5" }), /: status 429$/),
      publish("exhausted"),
    ]);
    await world.patch("ExternalSource", exhausted.name, { spec: { interval: "2s" } });
    await exhausted.until(
      "has the new interval",
      ({ observedGeneration }) => observedGeneration === 2,
    );
    await Promise.all([limited, exhausted].map((source) => source.turn()));
    await limited.expectFailure();
    await limited.restore("second");
    await world.request("ExternalSource", limited.name);

    const { conditions = [] } = await exhausted.until(
      "is out of retries",
      ({ conditions = [] }) => findCondition(conditions, "Stalled")?.reason === "RetriesExhausted",
    );
    assert.equal(findCondition(conditions, "Reconciling"), undefined);
    await eventually(() => failedReconciles(world.controller.log(), exhausted.name) >= 5, {
      ...{ withinMs: 60_000, what: "it goes on" },
    });
    const [before = 0, last = 0] = exhausted.upstream.askedAt.slice(-2);
    assert.ok(last - before >= 1_500, `asked again after ${last - before} ms`);
    await exhausted.expectOldArtifact();
    await exhausted.restore("second");
    await Promise.all([limited, exhausted].map((source) => source.expectRecovery()));

    const [, refused = 0, next = 0] = limited.upstream.askedAt;
    assert.ok(next - refused >= 5_000, `asked again after ${next - refused} ms`);
    const events = (await eventsOf(world)).get(`ExternalSource ${exhausted.name}`);
    const told = ["FetchFailed × 1", "NewArtifact × 1", "NewArtifact × 1", "RetriesExhausted × 1"];
    assert.deepEqual(events?.sort(), told);
  });
});

Deno.test("a document of 100 MB is published, and the same document after a failure is no new artifact", async () => {
  await FluxWorld.run(plane, { env }, async (world) => {
    await using source = await HostileSource.publish(world, {
      ...{ name: "large", class: "transient", reason: "FetchFailed", message: /: status 500$/ },
      turn: { answer: status(500) },
    });
    source.upstream.answer = large(100_000_000);
    await world.request("ExternalSource", source.name);
    const first = (await world.source(source.name)).status?.artifact?.revision;
    const { artifact } = await source.until(
      "is published",
      (status) => isReady(status) && status.artifact?.revision !== first,
    );
    const body = (await fetch(artifact!.url)).body!.pipeThrough(new DecompressionStream("gzip"));
    let size = 0;
    for await (const piece of body) size += piece.length;
    assert.ok(size > 100_000_000 && size < 100_010_000, `${size} bytes of tar`);

    await source.turn();
    await source.expectFailure();
    source.upstream.answer = large(100_000_000);
    await source.expectRecovery();
    const told = ["FetchFailed × 1", "NewArtifact × 1", "NewArtifact × 1", "Succeeded × 1"];
    await eventually(async () => {
      assert.deepEqual((await eventsOf(world)).get("ExternalSource large")?.sort(), told);
      return true;
    }, { withinMs: patience, what: "the recovery is told" });
  });
});

Deno.test("a CA Secret takes the place of the system's authorities, and insecureSkipVerify works with a warning", async () => {
  const [system, own] = [new CertificateAuthority("system"), new CertificateAuthority("own")];
  const hosts = ["localhost"];
  const answer = (authority: CertificateAuthority) =>
    startHttp((_request, response) => void response.end("secure"), authority.issue({ hosts }));
  await using ofSystem = await answer(system);
  await using ofOwn = await answer(own);
  const DENO_CERT = await Deno.makeTempFile();
  await Deno.writeTextFile(DENO_CERT, system.pem);
  await FluxWorld.run(plane, { env: { ...env, DENO_CERT } }, async (world) => {
    await writeSecret(world, "own", { "ca.crt": own.pem });
    const caBundleSecretRef = { name: "own" };
    const rows = [
      ["system", { url: ofSystem.origin }, /^stored artifact/],
      ["own", { url: ofOwn.origin, caBundleSecretRef }, /^stored artifact/],
      ["replaced", { url: ofSystem.origin, caBundleSecretRef }, /signed by an unknown authority$/],
      ["unknown", { url: ofOwn.origin }, /signed by an unknown authority$/],
      ["skipped", { url: ofOwn.origin, insecureSkipVerify: true }, /^stored artifact/],
    ] as const;
    for (const [name, http, message] of rows) {
      await world.createSource(name, { generator: { type: "http", http } });
      await eventually(async () => {
        const { status } = await world.source(name);
        const ready = findCondition(status?.conditions ?? [], "Ready");
        return ready?.status !== "Unknown" && message.test(ready?.message ?? "");
      }, { withinMs: patience, what: `${name}: ${message}` });
    }
    await eventually(
      async () => (await eventsOf(world)).get("ExternalSource skipped")?.length === 2,
      { withinMs: patience, what: "there is a warning" },
    );
    const warned = [...await eventsOf(world)].filter(([, told]) =>
      told.includes("InsecureSkipVerify × 1")
    );
    assert.deepEqual(warned.map(([about]) => about), ["ExternalSource skipped"]);
  });
  await Deno.remove(DENO_CERT);
});

Deno.test("objects that an older CRD let in are told so and stop no other", async () => {
  const prepare = (world: FluxWorld) => storeMalformedSources(plane, world.namespace);
  await FluxWorld.run(plane, { prepare, env }, async (world) => {
    world.publishUpstream("good");
    await world.createSource("good");
    const reasonOf = async (name: string) => {
      const { status } = await world.source(name);
      return findCondition(status?.conditions ?? [], "Ready")?.reason;
    };
    await eventually(async () => await reasonOf("good") === "Succeeded", {
      withinMs: patience,
      what: "the good one is ready",
    });
    for (const [name, reason] of malformedReasons) {
      if (reason === undefined) continue;
      await eventually(async () => await reasonOf(name) === reason, {
        withinMs: patience,
        what: `${name} is ${reason}`,
      });
    }
    const unwritten = malformedReasons.filter(([, reason]) => reason === undefined);
    for (const [name] of unwritten) {
      await eventually(
        async () =>
          (await eventsOf(world)).get(`ExternalSource ${name}`)?.[0] === "StatusRefused × 1",
        { withinMs: patience, what: `${name} is told so in an event` },
      );
      await world.delete("ExternalSource", name);
    }
    assert.doesNotMatch(world.controller.log(), /InternalError|unexpected error|stacktrace/);
  });
});
