import assert from "node:assert/strict";
import type { BareApi, RawObject } from "./bare_api.ts";
import { BenchWorld } from "./bench_world.ts";

type Watch = BareApi["watch"];

function worldWith(watch: Watch): BenchWorld {
  const parts = { plane: undefined, upstream: undefined, directory: "", api: { watch } };
  return new BenchWorld(parts as unknown as ConstructorParameters<typeof BenchWorld>[0]);
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));

const source = (name: string, status: string): RawObject => ({
  metadata: { name, namespace: "n" },
  spec: {},
  status: { conditions: [{ type: "Ready", status }] },
});

const endings: Readonly<Record<string, Watch>> = {
  "a watch that ends": (_path, { signal }) => aborted(signal),
  "a watch that fails then": async (_path, { signal }) => {
    await aborted(signal);
    throw new Error("the API server is gone");
  },
  "a watch that fails at once": () => Promise.reject(new Error("the API server is gone")),
};

for (const [name, watch] of Object.entries(endings)) {
  Deno.test(`untilReady() leaves ${name} to nobody when its sources cannot be created`, async () => {
    const create = async () => {
      await using _ready = worldWith(watch).untilReady("n", 1);
      await Promise.reject(new Error("refused"));
    };
    await assert.rejects(create, /refused/);
  });
}

Deno.test("untilReady() is done when so many sources are Ready, and tells what it lacks otherwise", async () => {
  const told = [source("a", "True"), source("b", "False"), source("a", "True")];
  const watch: Watch = async (_path, { onObject, signal }) => {
    for (const each of told) onObject(each);
    if (!signal.aborted) await Promise.reject(new Error("the API server is gone"));
  };
  await using one = worldWith(watch).untilReady("n", 1);
  await one.done;
  await using two = worldWith(watch).untilReady("n", 2);
  await assert.rejects(two.done, /gone/);
});

Deno.test("BenchWorld stops its control plane though its upstream has ended already", async () => {
  const closed: string[] = [];
  const parts = {
    plane: { close: () => Promise.resolve(closed.push("plane")) },
    upstream: { [Symbol.asyncDispose]: () => Promise.reject(new Error("it has ended")) },
    api: { [Symbol.dispose]: () => closed.push("api") },
    directory: await Deno.makeTempDir(),
  };
  const world = new BenchWorld(parts as unknown as ConstructorParameters<typeof BenchWorld>[0]);
  await assert.rejects(world[Symbol.asyncDispose](), /it has ended/);
  assert.deepEqual(closed, ["api", "plane"]);
  await assert.rejects(Deno.stat(parts.directory), Deno.errors.NotFound);
});
