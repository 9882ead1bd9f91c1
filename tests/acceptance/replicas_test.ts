import assert from "node:assert/strict";
import type { Artifact } from "../../src/core/artifact.ts";
import { type Download, download } from "../checked_download.ts";
import { eventually } from "./eventually.ts";
import { overStore, replicaStoreKinds } from "./replica_store.ts";
import { ReplicasWorld } from "./replicas_world.ts";

const mebibyte = 2 ** 20;

/** One of these is to be had: the right bytes, or a connection that broke. */
function assertNeverWrong(downloads: readonly Download[], { digest }: Artifact): void {
  for (const each of downloads) {
    assert.notEqual(each.kind, "status", JSON.stringify(each));
    if (each.kind === "whole") assert.equal(each.digest, digest);
  }
}

const isBroken = ({ kind }: Download) => kind === "broken";

/** Waits until every replica holds an artifact itself. */
async function untilHeldByAll(world: ReplicasWorld, { path }: Artifact): Promise<void> {
  const headers = { "X-Externalsource-Hop": "1" };
  const holds = async ({ base }: { readonly base: string }) => {
    const response = await fetch(`${base}/${path}`, { headers });
    await response.body?.cancel();
    return response.status === 200;
  };
  const look = async () =>
    !(await Promise.all([...world.replicas.values()].map(holds))).includes(false);
  await eventually(look, { withinMs: 60_000, what: "every replica holds it" });
}

for (const store of ["a bucket", "a volume each"] as const) {
  Deno.test(`two replicas over ${store}: no client sees 404 or wrong bytes when one is killed in the middle of 100 downloads`, async () => {
    await overStore(store, { size: 12 * mebibyte }, async (world) => {
      await world.createSources(["app"]);
      const artifact = await world.untilPublished("app");
      assert.ok(artifact.url.startsWith(world.base), artifact.url);
      await untilHeldByAll(world, artifact);
      const killed = Promise.withResolvers<void>();
      const begun = Array.from({ length: 100 }, () => Promise.withResolvers<void>());
      const running = begun.map(({ resolve }) =>
        download(artifact.url, () => {
          resolve();
          return killed.promise;
        })
      );
      await Promise.race([Promise.all(begun.map(({ promise }) => promise)), Promise.race(running)]);
      await world.end("manager-0", "SIGKILL");
      killed.resolve();
      const downloads = await Promise.all(running);
      assertNeverWrong(downloads, artifact);
      const broken = downloads.filter(isBroken);
      assert.ok(broken.length > 0, "the kill came after the last download: this proved nothing");
      const again = await Promise.all(broken.map(() => download(artifact.url)));
      assertNeverWrong(again, artifact);
      assert.deepEqual(again.filter(isBroken), []);
      assert.equal(world.documents.requestsOf("app"), 1);
    });
  });
}

for (const store of replicaStoreKinds) {
  Deno.test(`two replicas over ${store}: what is published is never 404 at either, and the other goes on when the owner is killed`, async () => {
    await overStore(store, { size: 10_000 }, async (world) => {
      await world.createSources(["app"]);
      let artifact = await world.untilPublished("app");
      for (let version = 1; version <= 20; version++) {
        await world.change("app");
        artifact = await world.untilPublished("app", artifact);
        for (const { base } of world.replicas.values()) {
          const got = await download(`${base}/${artifact.path}`);
          assert.deepEqual(got, { kind: "whole", digest: artifact.digest }, `version ${version}`);
        }
      }
      const asked = world.documents.requestsOf("app");
      await world.end("manager-0", "SIGKILL");
      assert.deepEqual(await download(artifact.url), { kind: "whole", digest: artifact.digest });
      await world.change("app");
      const next = await world.untilPublished("app", artifact);
      assert.deepEqual(await download(next.url), { kind: "whole", digest: next.digest });
      assert.equal(world.documents.requestsOf("app"), asked + 1);
    });
  });
}

Deno.test("two replicas: a key that nobody published asks no other replica", async () => {
  await overStore("a volume each", { size: 10_000 }, async (world) => {
    await world.createSources(["app"]);
    const { path } = await world.untilPublished("app");
    const before = await world.answeredBy("manager-0");
    const { base } = world.replica("manager-1");
    const invented = ["f", "0", "a"].map((digit) => path.replace(/[0-9a-f]{64}/, digit.repeat(64)));
    for (const key of [...invented, ...invented.map((key) => key.replace("/app/", "/other/"))]) {
      for (
        const headers of [{}, { "X-Externalsource-Pull": "1" }, { "X-Externalsource-Hop": "1" }]
      ) {
        const response = await fetch(`${base}/${key}`, { headers });
        await response.body?.cancel();
        assert.equal(response.status, 404, key);
      }
    }
    assert.equal(await world.answeredBy("manager-0"), before);
  });
});

Deno.test("two replicas with memory: each holds an artifact, also one that was started anew with nothing", async () => {
  await ReplicasWorld.run({ size: 10_000, environment: () => ({}) }, async (world) => {
    await world.createSources(["app"]);
    const artifact = await world.untilPublished("app");
    await untilHeldByAll(world, artifact);
    await world.end("manager-1", "SIGKILL");
    await world.start("manager-1");
    await untilHeldByAll(world, artifact);
    await world.end("manager-0", "SIGKILL");
    assert.deepEqual(await download(artifact.url), { kind: "whole", digest: artifact.digest });
    assert.equal(world.documents.requestsOf("app"), 1);
  });
});

Deno.test("two replicas: at SIGTERM the other one takes over without waiting for a Lease to end", async () => {
  await overStore("a bucket", { size: 10_000 }, async (world) => {
    await world.createSources(["app"]);
    const artifact = await world.untilPublished("app");
    await world.end("manager-0", "SIGTERM");
    await world.change("app");
    const next = await world.untilPublished("app", artifact);
    assert.deepEqual(await download(next.url), { kind: "whole", digest: next.digest });
    await world.start("manager-0");
    await eventually(() => world.replica("manager-0").log().includes("another replica owns"), {
      withinMs: 30_000,
      what: "the one that comes back stands by",
    });
  });
});
