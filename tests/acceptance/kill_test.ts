import assert from "node:assert/strict";
import { KubeWorld } from "../integration/kube_world.ts";
import { seededRandom } from "../seeded_random.ts";
import { ChangingDocuments } from "./changing_documents.ts";
import { ClusterApi } from "./cluster_api.ts";
import { type ControllerProcess, freePort, startController } from "./controller_process.ts";
import { createSources } from "./create_sources.ts";
import { eventually } from "./eventually.ts";
import { publishedArtifacts } from "./published_artifacts.ts";
import { assertServed, digestOf, filesIn } from "./stored_files.ts";

const kills = Number(Deno.env.get("KILLS") ?? 100);
/** The longest time between a start and a kill, in milliseconds: within it every source is due. */
const longestLifeMs = 500;
const changeEveryMs = 50;

const small = Array.from({ length: 8 }, (_, index) => `small-${index}`);
const large = ["large-0", "large-1"];
/** Fetched once, then due in an hour: whoever asks for them again does so for nothing. */
const quiet = ["quiet-0", "quiet-1", "quiet-2"];
const sources = [...small, ...large, ...quiet];

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A controller that is killed and started again and again, its volume and its upstream. */
class KillWorld {
  readonly api: ClusterApi;
  readonly volume: string;
  readonly small = new ChangingDocuments(1_000);
  readonly large = new ChangingDocuments(3_000_000);
  readonly #kubeconfig: string;
  readonly #port = freePort();
  /** Files of the volume that have been found whole; they are never written to again. */
  readonly #whole = new Set<string>();

  constructor(parts: Pick<KillWorld, "api" | "volume"> & { readonly kubeconfig: string }) {
    this.api = parts.api;
    this.volume = parts.volume;
    this.#kubeconfig = parts.kubeconfig;
  }

  start(): Promise<ControllerProcess> {
    return startController({
      kubeconfig: this.#kubeconfig,
      port: this.#port,
      env: { STORAGE_BACKEND: "pvc", PVC_STORAGE_PATH: this.volume },
      args: ["--artifact-retention-ttl=1s"],
    });
  }

  /** Keeps documents changing for a while. */
  async write(forMs: number): Promise<void> {
    for (let left = forMs; left > 0; left -= changeEveryMs) {
      this.small.change(small);
      this.large.change(large);
      await pause(Math.min(left, changeEveryMs));
    }
  }

  /** What was published is served from the volume alone: no upstream answers meanwhile. */
  async checkServed(): Promise<void> {
    const published = await publishedArtifacts(this.api);
    assert.equal(published.filter(({ artifact }) => artifact).length, 2 * sources.length);
    await assertServed(published);
    for (const name of quiet) assert.equal(this.large.requestsOf(name), 1, name);
  }

  /** No file of an artifact is anything else than its name says. */
  async checkWhole(): Promise<void> {
    for (const path of await filesIn(this.volume, "artifacts")) {
      if (this.#whole.has(path)) continue;
      const bytes = await Deno.readFile(`${this.volume}/${path}`);
      assert.ok(path.endsWith(`/${digestOf(bytes).slice("sha256:".length)}.tar.gz`), path);
      this.#whole.add(path);
    }
  }

  /** Whether of the artifacts only those are left that retention spares, and nothing of a put that was cut off. */
  async isTidy(): Promise<boolean> {
    const counts = await Promise.all(
      sources.map(async (name) => (await filesIn(this.volume, `artifacts/default/${name}`)).length),
    );
    const leftovers = await filesIn(this.volume, ".incoming");
    return Math.max(...counts) <= 2 && leftovers.length === 0;
  }
}

/** Runs a story with a control plane, upstreams and an empty volume. */
async function withWorld(story: (world: KillWorld) => Promise<void>): Promise<void> {
  const { plane } = await KubeWorld.start();
  const volume = await Deno.makeTempDir();
  try {
    using api = await ClusterApi.connect(plane);
    const world = new KillWorld({ api, volume, kubeconfig: plane.kubeconfig });
    await using smallUpstream = await world.small.serve();
    await using largeUpstream = await world.large.serve();
    await createSources(api, { names: small, interval: "1s", origin: smallUpstream.origin });
    await createSources(api, { names: large, interval: "1s", origin: largeUpstream.origin });
    await createSources(api, { names: quiet, interval: "1h", origin: largeUpstream.origin });
    await story(world);
  } finally {
    await plane.close();
    await Deno.remove(volume, { recursive: true });
  }
}

async function publishAll(world: KillWorld): Promise<void> {
  const controller = await world.start();
  try {
    await eventually(async () => {
      const published = await publishedArtifacts(world.api);
      return published.filter(({ artifact }) => artifact).length === 2 * sources.length;
    }, { withinMs: 30_000, what: "everything is published" });
  } finally {
    await controller.end("SIGKILL");
  }
}

Deno.test("controller serves what it has published after each of 100 kills, without asking for it again", async () => {
  const random = seededRandom(1);
  await withWorld(async (world) => {
    await publishAll(world);
    let leftovers = 0;
    for (let kill = 1; kill <= kills; kill++) {
      const silence = Promise.withResolvers<void>();
      world.small.held = world.large.held = silence.promise;
      const controller = await world.start();
      try {
        await world.checkServed();
        silence.resolve();
        await world.write(random() * longestLifeMs);
      } catch (error) {
        throw new Error(`start ${kill}: ${controller.log()}`, { cause: error });
      } finally {
        silence.resolve();
        await controller.end("SIGKILL");
      }
      leftovers += (await filesIn(world.volume, ".incoming")).length;
      await world.checkWhole();
    }
    assert.ok(leftovers > 0, "no kill came in the middle of a put: this proved nothing");
    const controller = await world.start();
    try {
      await world.checkServed();
      await eventually(() => world.isTidy(), { withinMs: 60_000, what: "leftovers are gone" });
    } finally {
      assert.equal((await controller.end("SIGTERM")).code, 0);
    }
  });
});
