import assert from "node:assert/strict";
import type { Artifact } from "../core/artifact.ts";
import { artifactOf, sourceOf } from "../../tests/source_fixtures.ts";
import { publishedArtifact } from "./published_artifact.ts";

Deno.test("publishedArtifact() takes only an artifact of our own making", () => {
  const of = (artifact: Artifact | undefined) =>
    publishedArtifact(sourceOf({ status: artifact ? { artifact } : {} }));
  const ours = artifactOf("a");
  assert.deepEqual(of(ours), ours);
  assert.equal(of(undefined), undefined);
  assert.equal(of(artifactOf("a", { namespace: "team", name: "other" })), undefined);
  assert.equal(of(artifactOf("a", { namespace: "other", name: "config" })), undefined);
  assert.equal(of({ ...ours, digest: artifactOf("b").digest }), undefined);
  assert.equal(of({ ...ours, digest: "" }), undefined);
  assert.equal(of({ ...ours, path: "" }), undefined);
  assert.equal(of({ ...ours, path: `${ours.path}/../x` }), undefined);
});
