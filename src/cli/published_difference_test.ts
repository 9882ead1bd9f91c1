import assert from "node:assert/strict";
import { describeDifference } from "./published_difference.ts";

const built = { revision: "latest@sha256:1", digest: "sha256:a", size: 10 };
const published = {
  ...built,
  url: "http://x/k",
  path: "k",
  lastUpdateTime: "2026-01-01T00:00:00Z",
};

Deno.test("describeDifference() says nothing of the same revision, whatever gzip made of it", () => {
  assert.equal(
    describeDifference({ ...published, digest: "sha256:b", size: 11 }, built),
    undefined,
  );
});

Deno.test("describeDifference() shows what would change", () => {
  const old = { ...published, revision: "latest@sha256:0", size: 9 };
  assert.equal(
    describeDifference(old, built),
    "- revision  latest@sha256:0\n+ revision  latest@sha256:1\n- size      9\n+ size      10\n",
  );
});

Deno.test("describeDifference() says that nothing is published yet", () => {
  assert.match(
    describeDifference(undefined, built) ?? "",
    /nothing is published\n\+ revision {2}latest@sha256:1/,
  );
});
