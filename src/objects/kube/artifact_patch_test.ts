import assert from "node:assert/strict";
import { artifactPatch } from "./artifact_patch.ts";

const owner = {
  apiVersion: "g/v1",
  kind: "ExternalSource",
  name: "a",
  uid: "new",
  controller: true,
};
const foreign = { apiVersion: "v1", kind: "ConfigMap", name: "a", uid: "c" };

Deno.test("artifactPatch() keeps foreign owners and replaces an earlier life of ours", () => {
  const metadata = {
    ...{ name: "a", namespace: "n", uid: "u", resourceVersion: "7", generation: 1 },
    ownerReferences: [foreign, { ...owner, uid: "old" }],
  };
  const existing = { metadata, spec: { sourceRef: { kind: "K", name: "old" } }, status: {} };
  const wanted = { labels: { l: "1" }, annotations: { n: "2" }, ownerReferences: [owner] };
  const patch = artifactPatch(existing, { namespace: "n", name: "a", ...wanted, spec: {} });
  assert.deepEqual(patch, {
    metadata: { uid: "u", resourceVersion: "7", ...wanted, ownerReferences: [foreign, owner] },
    spec: { sourceRef: null },
  });
});
