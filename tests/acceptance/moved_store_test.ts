import assert from "node:assert/strict";
import { runCommand } from "../../src/cli/run_command.ts";
import { requestSources } from "./create_sources.ts";
import { eventually } from "./eventually.ts";
import { publishedArtifacts } from "./published_artifacts.ts";
import { assertServed, digestOf } from "./stored_files.ts";
import { patienceMs, StoredWorld } from "./stored_world.ts";

const names = Array.from({ length: 20 }, (_, index) => `app-${index}`);

/** `store copy` as docs/storage.md tells; its summary. */
async function copy(from: string, to: string): Promise<string> {
  const written = { out: "", err: "" };
  const code = await runCommand({
    arguments: ["store", "copy", `pvc:${from}`, `pvc:${to}`],
    environment: {},
    signal: new AbortController().signal,
    print: (text) => written.out += text,
    printError: (text) => written.err += text,
    drop: () => {},
  });
  assert.deepEqual([code, written.err], [0, ""]);
  return written.out.replaceAll(/ \([^)]*\)/g, "").trim();
}

async function temporaryDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Downloads everything that is published, over and over, as consumers do. */
class Consumer implements AsyncDisposable {
  readonly statuses = new Map<number | "refused", number>();
  readonly #world: StoredWorld;
  readonly #running: Promise<void>;
  #isEnding = false;

  constructor(world: StoredWorld) {
    this.#world = world;
    this.#running = this.#run();
  }

  count(status: number): number {
    return this.statuses.get(status) ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnding = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isEnding) {
      const published = await publishedArtifacts(this.#world.api);
      for (const { artifact } of published) {
        if (artifact) await this.#download(artifact);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async #download({ url, digest }: { readonly url: string; readonly digest: string }) {
    const response = await fetch(url).catch(() => undefined);
    const bytes = await response?.bytes().catch(() => undefined);
    const status = response && bytes ? response.status : "refused";
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    if (status === 200) assert.equal(digestOf(bytes!), digest, url);
  }
}

/** Its next version is published, which the first copy does not have. */
async function replace(world: StoredWorld, name: string): Promise<void> {
  const [before] = await world.untilPublished(name);
  world.documents.change([name]);
  await requestSources(world.api, [name], "now");
  await world.untilPublished(
    name,
    ({ artifact }) => artifact !== undefined && artifact.path !== before!.artifact!.path,
  );
}

Deno.test("controller moves to another store as docs/storage.md tells: no consumer sees a 404, nothing is fetched again", async () => {
  await StoredWorld.run(50_000, async (world) => {
    await using other = await temporaryDirectory();
    await world.createSources(names);
    let consumer: Consumer | undefined;
    await world.whileRunning(async () => {
      for (const name of names) await world.untilPublished(name);
      consumer = new Consumer(world);
      assert.equal(await copy(world.volume, other.path), "copied 20, skipped 0, failed 0");
      await replace(world, "app-7");
      assert.equal(await copy(world.volume, other.path), "copied 1, skipped 20, failed 0");
    });
    await using seen = consumer!;
    await world.whileRunning(async () => {
      assert.match(await copy(world.volume, other.path), /^copied 0, skipped \d+, failed 0$/);
      const published = await publishedArtifacts(world.api);
      assert.equal(published.filter(({ artifact }) => artifact).length, 2 * names.length);
      await assertServed(published);
      const wanted = seen.count(200) + 200;
      await eventually(() => seen.count(200) >= wanted, {
        withinMs: patienceMs,
        what: "everything was downloaded again from the other store",
      });
    }, { args: [`--storage-path=${other.path}`] });
    const statuses = [...seen.statuses.keys()];
    assert.deepEqual(statuses.filter((each) => ![200, 503, "refused"].includes(each)), []);
    const requests = names.map((name) => world.documents.requestsOf(name));
    assert.deepEqual(requests, names.map((name) => name === "app-7" ? 2 : 1));
  });
});
