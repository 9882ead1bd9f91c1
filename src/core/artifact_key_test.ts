import assert from "node:assert/strict";
import { artifactKey, artifactPrefix, parseArtifactKey } from "./artifact_key.ts";

const hex = "0123456789abcdef".repeat(4);

Deno.test("parseArtifactKey() reads what artifactKey() writes", () => {
  const parts = { namespace: "team-a", name: "release.v1", hex };
  const key = artifactKey(parts);
  assert.equal(key, `artifacts/team-a/release.v1/${hex}.tar.gz`);
  assert.ok(key.startsWith(artifactPrefix(parts)));
  assert.deepEqual(parseArtifactKey(key), parts);
});

const foreign = [
  "",
  "artifacts/",
  `/artifacts/a/b/${hex}.tar.gz`,
  `artifacts/a/b/${hex}`,
  `artifacts/a/b/${hex.toUpperCase()}.tar.gz`,
  `artifacts/a/b/${hex}0.tar.gz`,
  `artifacts/a/../${hex}.tar.gz`,
  `artifacts/a/b/c/${hex}.tar.gz`,
  `artifacts/a/./${hex}.tar.gz`,
  `artifacts/A/b/${hex}.tar.gz`,
  `artifacts/a/b/${hex}.tar.gz\n`,
  `artifacts/a/${"b".repeat(254)}/${hex}.tar.gz`,
  "artifacts/a/b/latest.tar.gz",
];

for (const key of foreign) {
  Deno.test(`parseArtifactKey() refuses ${JSON.stringify(key).slice(0, 60)}`, () => {
    assert.equal(parseArtifactKey(key), undefined);
  });
}
