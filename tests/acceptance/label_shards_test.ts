import assert from "node:assert/strict";
import { download } from "../checked_download.ts";
import { S3Server } from "../s3_server.ts";
import { ConstantDownloads } from "./constant_downloads.ts";
import { eventually } from "./eventually.ts";
import { bucketSettings } from "./replica_store.ts";
import { ReplicasWorld } from "./replicas_world.ts";

const key = "sharding.fluxcd.io/key";
/** As Flux's controllers are sharded: one has what is labelled, the other what is not. */
const selectors: Readonly<Record<string, string>> = {
  "manager-0": `!${key}`,
  "manager-1": `${key}=shard1`,
};
const withinMs = 30_000;
/** Of what is not published any more: the TTL, a second and a little. */
const collectedMs = 3_000;
const rest = ["rest-0", "rest-1"];
const sharded = ["shard-0", "shard-1"];
const sources = "/apis/source.flux.oddkin.co/v1alpha1/namespaces/default/externalsources";
const artifacts = "/apis/source.toolkit.fluxcd.io/v1/namespaces/default/externalartifacts";

/** Two controllers, each with sources of its own, over one bucket. */
async function withShards(
  story: (world: ReplicasWorld) => Promise<void>,
): Promise<void> {
  await using server = await S3Server.start();
  await server.makeBucket("artifacts");
  const options = {
    size: 10_000,
    environment: () => bucketSettings(server),
    args: (name: string) => [
      ...["--leader-elect", "--lease-duration=6s", "--artifact-retention-ttl=1s"],
      `--watch-label-selector=${selectors[name]}`,
    ],
  };
  await ReplicasWorld.run(options, async (world) => {
    await world.createSources(rest);
    await world.createSources(sharded, { labels: { [key]: "shard1" } });
    await world.untilAllPublished([...rest, ...sharded]);
    await story(world);
  });
}

async function assertServed(world: ReplicasWorld): Promise<void> {
  for (const { name, artifact } of await world.published()) {
    const got = await download(artifact!.url);
    assert.deepEqual(got, { kind: "whole", digest: artifact!.digest }, name);
  }
}

/** Who has asked for the documents of these sources. */
function askersOf({ documents }: ReplicasWorld, names: readonly string[]): readonly string[] {
  return [...new Set(names.flatMap((name) => documents.askedFor(name).map(({ by }) => by ?? "")))];
}

Deno.test("two controllers of one namespace and bucket, sharded by label: each works for its own sources, and collects nothing of the other's", async () => {
  await withShards(async (world) => {
    assert.deepEqual(askersOf(world, rest), ["manager-0"]);
    assert.deepEqual(askersOf(world, sharded), ["manager-1"]);
    assert.deepEqual(await world.views(), {
      "manager-0": ["manager-0"],
      "manager-1": ["manager-1"],
    });
    for (const name of ["manager-0", "manager-1"]) {
      await world.end(name, "SIGTERM");
      await world.start(name);
    }
    for (const name of [...rest, ...sharded]) {
      const artifact = await world.untilPublished(name);
      await world.change(name);
      await world.untilPublished(name, artifact);
    }
    await new Promise((resolve) => setTimeout(resolve, collectedMs));
    await assertServed(world);
    assert.deepEqual(askersOf(world, rest), ["manager-0"]);
    assert.deepEqual(askersOf(world, sharded), ["manager-1"]);
  });
});

Deno.test("a source is handed from one shard to the other by its label: its ExternalArtifact stays, and every download succeeds that retries once", async () => {
  await withShards(async (world) => {
    const [name] = rest as [string];
    const before = await world.api.get(`${artifacts}/${name}`);
    let artifact = await world.untilPublished(name);
    const { problems } = await ConstantDownloads.during(world, async () => {
      for (const [value, owner] of [["shard1", "manager-1"], [null, "manager-0"]] as const) {
        await label(world, name, value);
        await untilForgotten(world, {
          name,
          by: owner === "manager-0" ? "manager-1" : "manager-0",
        });
        for (let round = 0; round < 3; round++) {
          await world.change(name);
          artifact = await world.untilPublished(name, artifact);
          assert.equal(world.documents.askedFor(name).at(-1)?.by, owner);
          // A collection of the former owner is due by then.
          await new Promise((resolve) => setTimeout(resolve, 1_000));
        }
      }
    });
    assert.deepEqual(problems, []);
    const after = await world.api.get(`${artifacts}/${name}`);
    assert.equal(after?.metadata.uid, before?.metadata.uid);
    await assertServed(world);
  });
});

Deno.test("a shard that is still fetching when its source is handed over does not undo what the other has published", async () => {
  await withShards(async (world) => {
    const [name] = rest as [string];
    const first = await world.untilPublished(name);
    const slow = Promise.withResolvers<void>();
    world.documents.held = slow.promise;
    await world.change(name);
    await eventually(() => world.documents.requestsOf(name) === 2, {
      withinMs,
      what: "it is being fetched",
    });
    world.documents.held = Promise.resolve();
    await label(world, name, "shard1");
    await world.change(name);
    const last = await world.untilPublished(name, first);
    slow.resolve();
    await untilForgotten(world, { name, by: "manager-0" });
    assert.deepEqual((await world.untilPublished(name)).digest, last.digest);
    assert.equal(world.replica("manager-0").log().split(`"source":"default/${name}"`).length, 2);
  });
});

/** Sets or removes the label. */
async function label(world: ReplicasWorld, name: string, value: string | null): Promise<void> {
  const body = { metadata: { labels: { [key]: value } } };
  await world.api.write({ method: "PATCH", path: `${sources}/${name}`, body });
}

/** Waits until a controller has nothing to do with a source any more: it tells no figures of it. */
async function untilForgotten(
  world: ReplicasWorld,
  { name, by }: { readonly name: string; readonly by: string },
): Promise<void> {
  const isForgotten = async () => {
    const response = await fetch(world.replica(by).metrics);
    return !(await response.text()).includes(`name="${name}"`);
  };
  await eventually(isForgotten, { withinMs, what: `${by} forgets "${name}"`, lookEveryMs: 200 });
}
