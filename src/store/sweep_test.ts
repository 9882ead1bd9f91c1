import { strict as assert } from "node:assert";
import { artifactKey } from "../core/artifact_key.ts";
import type { StoredInfo } from "./artifact_store.ts";
import { bySource, selectSweep, type SweepOptions } from "./sweep.ts";

const now = 10_000_000;
const ttlMs = 60_000;
const key = (namespace: string, name: string, digit = "0") =>
  artifactKey({ namespace, name, hex: digit.repeat(64) });
const stored = (key: string, ageMs = ttlMs) => ({ key, size: 1, lastPut: now - ageMs });

const base: SweepOptions = {
  cachesSynced: true,
  isWatched: () => true,
  isCached: () => false,
  isNamed: () => false,
  ttlMs,
  now,
};

const gone = [stored(key("apps", "web", "1")), stored(key("apps", "web", "2"))];
const [first, second] = gone.map(({ key }) => key);

const cases: {
  name: string;
  input: Partial<SweepOptions> & { readonly stored?: readonly StoredInfo[] };
  expected: (string | undefined)[];
}[] = [
  { name: "nothing of nothing", input: {}, expected: [] },
  {
    name: "all keys of a source that nobody knows",
    input: { stored: gone },
    expected: [first, second],
  },
  {
    name: "nothing before the caches are synced",
    input: { stored: gone, cachesSynced: false },
    expected: [],
  },
  {
    name: "nothing outside of our watch",
    input: { stored: gone, isWatched: ({ namespace }) => namespace !== "apps" },
    expected: [],
  },
  {
    name: "nothing of a source that exists",
    input: { stored: gone, isCached: ({ name }) => name === "web" },
    expected: [],
  },
  {
    name: "no key that is named",
    input: { stored: gone, isNamed: (key) => key === first },
    expected: [second],
  },
  {
    name: "no key that was put within the TTL, or in the future",
    input: { stored: [stored(first!, ttlMs - 1), stored(second!, -1)] },
    expected: [],
  },
  {
    name: "nothing that is no key of ours",
    input: { stored: [stored("artifacts/apps/web/latest.tar.gz"), stored(".owner-1.json")] },
    expected: [],
  },
];

for (const { name, input, expected } of cases) {
  Deno.test(`selectSweep() selects ${name}`, () => {
    const { stored = [], ...options } = input;
    assert.deepEqual(selectSweep(stored, { ...base, ...options }), expected);
  });
}

Deno.test("bySource() gives a list source by source, without what is no key", async () => {
  const keys = [key("apps", "a-b"), key("apps", "a"), key("apps", "a", "1"), key("apps-2", "a")];
  const infos = [stored("artifacts/.x"), ...keys.map((each) => stored(each))];
  // deno-lint-ignore require-await -- the contract is an async iterable
  async function* list() {
    yield* infos;
  }
  const sources = await Array.fromAsync(bySource(list()));
  assert.deepEqual(
    sources.map(({ source, stored }) => [source, stored.map(({ key }) => key)]),
    [["apps/a-b", [keys[0]]], ["apps/a", [keys[1], keys[2]]], ["apps-2/a", [keys[3]]]],
  );
});
