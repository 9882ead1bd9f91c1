import assert from "node:assert/strict";
import { MemoryObjects } from "../../tests/memory_objects.ts";
import { artifactOf } from "../../tests/source_fixtures.ts";
import { verifyStore } from "./verify_store.ts";

const at = (name: string) => ({ namespace: "team", name });
const keyOf = (name: string) => artifactOf("a", at(name)).path;

/** Sources that publish an artifact each, and a store that knows which of them are whole. */
function setUp(states: Readonly<Record<string, "whole" | "corrupt" | "missing" | "unpublished">>) {
  const objects = new MemoryObjects();
  const abort = new AbortController();
  void objects.watch(() => {}, abort.signal);
  const [deleted, corrupt, verified]: string[][] = [[], [], []];
  for (const [name, state] of Object.entries(states)) {
    objects.createSource({ ...at(name), spec: {} });
    if (state === "unpublished") continue;
    objects.editSource(
      at(name),
      (source) => ({ ...source, status: { artifact: artifactOf("a", at(name)) } }),
    );
  }
  const stateOf = (key: string) => states[key.split("/")[2]!]!;
  const store = {
    stat: (key: string) =>
      Promise.resolve(stateOf(key) === "missing" ? undefined : { key, size: 100, lastPut: 0 }),
    verify: (key: string, digest: string) => {
      verified!.push(key);
      return Promise.resolve(stateOf(key) === "whole" && digest === artifactOf("a").digest);
    },
    delete: (key: string) => Promise.resolve(deleted!.push(key) > 0),
  };
  const verify = () =>
    verifyStore({ objects, store, signal: abort.signal }, (key) => void corrupt!.push(key));
  return { verify, abort, store, deleted: deleted!, corrupt: corrupt!, verified: verified! };
}

Deno.test("verifyStore() removes what is corrupt, and only that, and says whose it was", async () => {
  const world = setUp({ a: "whole", b: "corrupt", c: "missing", d: "unpublished", e: "corrupt" });
  await world.verify();
  assert.deepEqual(world.verified, [keyOf("a"), keyOf("b"), keyOf("e")]);
  assert.deepEqual(world.deleted, [keyOf("b"), keyOf("e")]);
  assert.deepEqual(world.corrupt, ["team/b", "team/e"]);
  world.abort.abort();
});

Deno.test("verifyStore() stops when it is aborted", async () => {
  const world = setUp({ a: "whole", b: "corrupt" });
  world.abort.abort();
  await world.verify();
  assert.deepEqual([world.verified, world.deleted], [[], []]);
});

Deno.test("verifyStore() removes nothing that could not be read", async () => {
  const world = setUp({ a: "corrupt" });
  world.store.verify = () => Promise.reject(new Error("input/output error"));
  await assert.rejects(world.verify(), { message: "input/output error" });
  assert.deepEqual(world.deleted, []);
  world.abort.abort();
});
