import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { KubeWorld } from "../integration/kube_world.ts";
import { ChangingDocuments } from "./changing_documents.ts";
import { ClusterApi } from "./cluster_api.ts";
import { type ControllerProcess, freePort, startController } from "./controller_process.ts";
import { createSources, requestSources } from "./create_sources.ts";
import { eventually } from "./eventually.ts";
import { liveHeap } from "./live_heap.ts";
import { processUsage } from "./process_usage.ts";
import { publishedArtifacts } from "./published_artifacts.ts";

const intervalMs = 2_000;

const nameAll = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
/** Due all the time. */
const due = nameAll("due", 200);
/** Asked to fetch, and still at it when the API server goes; next due in an hour. */
const caught = nameAll("caught", 6);

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What one outage cost. */
export interface OutageFigures {
  /** From the kill of the API server until it said that it is ready again. */
  readonly awayMs: number;
  /** From then until everything was published. */
  readonly catchUpMs: number;
  /** Open files and sockets of the controller after that. */
  readonly descriptors: number;
  /** Its JavaScript objects after a garbage collection. */
  readonly heapMiB: number;
  /** Its resident memory after that. */
  readonly residentMiB: number;
}

/** The real program, an API server that can be taken away, and 206 sources whose documents change meanwhile. */
export class OutageWorld {
  readonly #parts: Parts;
  /** First lines of what was downloaded, by URL. */
  readonly #lines = new Map<string, string>();
  #outages = 0;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Runs a story once everything is published; the program must end it well. */
  static async run(story: (world: OutageWorld) => Promise<void>): Promise<void> {
    const [dueDocuments, caughtDocuments] = [new ChangingDocuments(), new ChangingDocuments()];
    await using dueUpstream = await dueDocuments.serve();
    await using caughtUpstream = await caughtDocuments.serve();
    const volume = await Deno.makeTempDir();
    const kube = await KubeWorld.start();
    try {
      using api = await ClusterApi.connect(kube.plane);
      await createSources(api, { names: due, interval: "2s", origin: dueUpstream.origin });
      await createSources(api, { names: caught, interval: "1h", origin: caughtUpstream.origin });
      const parts = { kube, api, due: dueDocuments, caught: caughtDocuments };
      await whileRunning({ ...parts, volume }, async (running) => {
        const world = new OutageWorld({ ...parts, ...running });
        await world.#untilCaughtUp("everything is published at first");
        await story(world);
      });
    } finally {
      await kube.plane.close();
      await Deno.remove(volume, { recursive: true });
    }
  }

  /**
   * Kills the API server, changes documents until shortly before `lastsMs` are over, starts it again and waits until both
   * objects of every source say so.
   */
  async outage(lastsMs: number): Promise<OutageFigures> {
    const { kube: { plane }, due: documents } = this.#parts;
    const letGo = await this.#catchSome();
    const before = due.map((name) => documents.requestsOf(name));
    const startedAt = Date.now();
    await plane.stop("kube-apiserver");
    letGo();
    for (let third = 0; third < 3; third++) {
      documents.change(due.filter((_, index) => index % 4 === third));
      await pause(lastsMs / 3);
    }
    await plane.start();
    const awayMs = Date.now() - startedAt;
    const asked = due.map((name, index) => documents.requestsOf(name) - before[index]!);
    await this.#untilCaughtUp(`everything is published after outage ${this.#outages}`);
    const catchUpMs = Date.now() - startedAt - awayMs;
    this.#checkRequests(asked, awayMs);
    return { awayMs, catchUpMs, ...await this.#measure() };
  }

  #checkRequests(asked: readonly number[], awayMs: number): void {
    const most = Math.ceil(awayMs / intervalMs) + 1;
    assert.ok(Math.max(...asked) <= most, `a source asked ${Math.max(...asked)} times, of ${most}`);
    assert.ok(Math.min(...asked) >= 1, "a source stopped asking in the outage");
    for (const name of caught) {
      const requests = this.#parts.caught.requestsOf(name);
      assert.equal(requests, this.#outages + 1, `${name} was fetched once more to be written`);
    }
  }

  async #measure(): Promise<Pick<OutageFigures, "descriptors" | "heapMiB" | "residentMiB">> {
    const { controller, inspectorPort } = this.#parts;
    const heapMiB = await liveHeap(inspectorPort);
    const { descriptors, mebibytes } = processUsage(controller.pid);
    return { descriptors, heapMiB, residentMiB: mebibytes };
  }

  /** Begins fetches that no outcome can be written of; what it returns lets them have their answers. */
  async #catchSome(): Promise<() => void> {
    const { api, caught: documents } = this.#parts;
    const requests = ++this.#outages + 1;
    const answer = Promise.withResolvers<void>();
    documents.held = answer.promise;
    documents.change(caught);
    await requestSources(api, caught, `outage-${this.#outages}`);
    await eventually(() => caught.every((name) => documents.requestsOf(name) === requests), {
      withinMs: 30_000,
      what: "all are being fetched that were asked to be",
    });
    return answer.resolve;
  }

  async #untilCaughtUp(what: string): Promise<void> {
    const look = async () => {
      // Each look lets the API server list everything, while it has other work.
      await pause(200);
      return await this.#countBehind() === 0;
    };
    await eventually(look, { withinMs: 60_000, what });
  }

  /** How many objects publish something else than the document as it is now. */
  async #countBehind(): Promise<number> {
    const published = await publishedArtifacts(this.#parts.api);
    let behind = 2 * (due.length + caught.length) - published.length;
    for (const { name, artifact, isReady } of published) {
      const documents = this.#parts[name.startsWith("due") ? "due" : "caught"];
      const line = artifact && await this.#lineOf(artifact.url);
      if (!isReady || line !== documents.firstLine(name)) behind++;
    }
    return behind;
  }

  async #lineOf(url: string): Promise<string> {
    const known = this.#lines.get(url);
    if (known !== undefined) return known;
    const line = await firstLineAt(url);
    this.#lines.set(url, line);
    return line;
  }
}

interface Running {
  readonly controller: ControllerProcess;
  readonly inspectorPort: number;
}

interface Parts extends Running {
  readonly kube: KubeWorld;
  readonly api: ClusterApi;
  readonly due: ChangingDocuments;
  readonly caught: ChangingDocuments;
}

interface Surroundings {
  readonly kube: KubeWorld;
  readonly volume: string;
}

async function whileRunning(
  { kube, volume }: Surroundings,
  part: (running: Running) => Promise<void>,
): Promise<void> {
  const inspectorPort = freePort();
  const controller = await startController({
    kubeconfig: kube.plane.kubeconfig,
    env: { STORAGE_BACKEND: "pvc", PVC_STORAGE_PATH: volume },
    args: ["--artifact-retention-ttl=1s"],
    denoFlags: [`--inspect=127.0.0.1:${inspectorPort}`],
  });
  try {
    await part({ controller, inspectorPort });
  } catch (error) {
    throw new Error(controller.log().slice(-5_000), { cause: error });
  } finally {
    assert.equal((await controller.end("SIGTERM")).code, 0);
  }
}

/** The first line of the document in an artifact. */
async function firstLineAt(url: string): Promise<string> {
  const response = await fetch(url);
  const bytes = new Uint8Array(await response.arrayBuffer());
  assert.equal(response.status, 200, url);
  return new TextDecoder().decode(gunzipSync(bytes).subarray(512, 768)).split("\n", 1)[0]!;
}
