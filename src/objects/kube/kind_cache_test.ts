import assert from "node:assert/strict";
import type { ExternalSource } from "../../core/external_source.ts";
import { KindCache } from "./kind_cache.ts";

function source(resourceVersion: string, name = "a", uid = name): ExternalSource {
  const metadata = { name, namespace: "n", uid, resourceVersion, generation: 1 };
  return { metadata, spec: {}, status: {} };
}

/** A synced cache with some objects, and what it tells from then on, as `name:before>after`. */
function synced(listed: string, ...objects: readonly ExternalSource[]) {
  const cache = new KindCache<ExternalSource>("ExternalSource");
  const list = cache.beginList();
  for (const each of objects) list.add(each, listed);
  list.end(listed);
  const told: string[] = [];
  cache.onChange = ({ key, before, after }) => {
    const [from, to] = [before, after].map((each) => each?.metadata.resourceVersion ?? "");
    told.push(`${key.slice(2)}:${from}>${to}`);
  };
  return { cache, told };
}

Deno.test("KindCache is synced at the end of the first list, not before", () => {
  const cache = new KindCache<ExternalSource>("ExternalSource");
  const list = cache.beginList();
  list.add(source("3"), "5");
  assert.deepEqual([cache.state, cache.size, cache.position], ["waiting", 1, undefined]);
  list.end("5");
  assert.deepEqual([cache.state, cache.size, cache.position], ["synced", 1, "5"]);
});

Deno.test("KindCache tells one resourceVersion once, whoever is first", () => {
  const { cache, told } = synced("5", source("3"));
  cache.putUpdated(source("10"));
  cache.putWatched(source("10"));
  cache.putWatched(source("11"));
  cache.putUpdated(source("11"));
  assert.deepEqual(told, ["a:3>10", "a:10>11"]);
});

Deno.test("KindCache never goes back", () => {
  const { cache, told } = synced("5", source("3"));
  cache.putUpdated(source("10"));
  cache.putWatched(source("9"));
  cache.putUpdated(source("8"));
  const list = cache.beginList();
  list.add(source("9"), "10");
  list.end("10");
  assert.deepEqual(told, ["a:3>10"]);
});

Deno.test("KindCache brings nothing back that the watch has told to be gone", () => {
  const { cache, told } = synced("5", source("3"));
  cache.removeWatched(source("12").metadata);
  cache.putUpdated(source("11"));
  cache.putCreated(source("11"));
  assert.deepEqual(told, ["a:3>"]);
});

Deno.test("KindCache keeps what our own POST made after a deletion it had not heard of", () => {
  const { cache, told } = synced("5", source("3", "a", "old"));
  cache.putCreated(source("20", "a", "new"));
  cache.removeWatched(source("15", "a", "old").metadata);
  cache.putWatched(source("20", "a", "new"));
  assert.deepEqual(told, ["a:3>20"]);
});

Deno.test("KindCache drops what left the selector before our own write", () => {
  const { cache, told } = synced("5", source("3"));
  cache.putUpdated(source("20"));
  cache.removeWatched(source("15").metadata);
  assert.deepEqual(told, ["a:3>20", "a:20>"]);
});

Deno.test("KindCache tells what a list misses, but for what is newer than the list", () => {
  const { cache, told } = synced("5", source("3", "a"), source("4", "b"), source("4", "c"));
  const list = cache.beginList();
  list.add(source("7", "b"), "10");
  list.keep("n/c");
  cache.putCreated(source("12", "d"));
  list.end("10");
  assert.deepEqual(told, ["b:4>7", "d:>12", "a:3>"]);
});

Deno.test("KindCache follows a server that was restored from a backup", () => {
  const { cache, told } = synced("50", source("40", "a"), source("45", "b"));
  const list = cache.beginList();
  list.add(source("20", "a"), "30");
  list.end("30");
  assert.deepEqual(told, ["a:40>20", "b:45>"]);
  cache.putWatched(source("31", "a"));
  assert.equal(told.at(-1), "a:20>31");
});

Deno.test("KindCache is empty while the kind is not installed", () => {
  const { cache, told } = synced("5", source("3"));
  cache.setNotInstalled();
  assert.deepEqual([cache.state, cache.size, cache.position], ["not-installed", 0, undefined]);
  assert.deepEqual(told, ["a:3>"]);
});
