import assert from "node:assert/strict";
import { MemoryObjects } from "../../tests/memory_objects.ts";
import { artifactOf } from "../../tests/source_fixtures.ts";
import { storageError } from "../store/storage_error.ts";
import { findLost } from "./find_lost.ts";

function objectsOf(names: readonly string[]): MemoryObjects {
  const objects = new MemoryObjects();
  void objects.watch(() => {}, new AbortController().signal);
  for (const name of names) {
    const at = { namespace: "team", name };
    objects.createSource({ ...at, spec: {} });
    if (name === "unpublished") continue;
    objects.editSource(at, (source) => ({ ...source, status: { artifact: artifactOf("a", at) } }));
  }
  return objects;
}

const many = Array.from({ length: 100 }, (_, index) => `s${index}`);

Deno.test("findLost() finds what is published and not stored", async () => {
  const objects = objectsOf(["here", "lost", "unpublished"]);
  const store = {
    stat: (key: string) =>
      Promise.resolve(key.includes("/lost/") ? undefined : { key, size: 1, lastPut: 0 }),
  };
  assert.deepEqual([...await findLost({ objects, store })], ["team/lost"]);
});

Deno.test("findLost() looks at several at once", async () => {
  let [running, most] = [0, 0];
  const stat = async () => {
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
    return undefined;
  };
  assert.equal((await findLost({ objects: objectsOf(many), store: { stat } })).size, 100);
  assert.equal(most, 16);
});

Deno.test("findLost() does not ask a store again that cannot be read", async () => {
  let asked = 0;
  const stat = () => {
    asked++;
    return Promise.reject(storageError("Cannot read: refused"));
  };
  assert.equal((await findLost({ objects: objectsOf(many), store: { stat } })).size, 0);
  assert.equal(asked, 16);
});

Deno.test("findLost() passes on what is no failure of the store", async () => {
  const stat = () => Promise.reject(new TypeError("a bug"));
  await assert.rejects(findLost({ objects: objectsOf(many), store: { stat } }), /a bug/);
});
