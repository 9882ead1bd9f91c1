import { strict as assert } from "node:assert";
import { artifactKey } from "../core/artifact_key.ts";
import { selectSweep, type SweepOptions } from "./sweep.ts";

const now = 10_000_000;
const ttlMs = 60_000;
const key = (namespace: string, name: string, digit = "0") =>
  artifactKey({ namespace, name, hex: digit.repeat(64) });
const stored = (key: string, ageMs = ttlMs) => ({ key, size: 1, lastPut: now - ageMs });

const base: SweepOptions = {
  stored: [],
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
  input: Partial<SweepOptions>;
  expected: [string, (string | undefined)[]][];
}[] = [
  { name: "nothing of nothing", input: {}, expected: [] },
  {
    name: "all keys of a source that nobody knows",
    input: { stored: gone },
    expected: [["apps/web", [first, second]]],
  },
  {
    name: "each source for itself",
    input: { stored: [...gone, stored(key("apps", "web-2"))] },
    expected: [["apps/web", [first, second]], ["apps/web-2", [key("apps", "web-2")]]],
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
    expected: [["apps/web", [second]]],
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
    assert.deepEqual([...selectSweep({ ...base, ...input })], expected);
  });
}
