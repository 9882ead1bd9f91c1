import assert from "node:assert/strict";
import { MemoryObjects } from "../../tests/memory_objects.ts";
import { readOnlyObjects } from "./read_only_objects.ts";

const artifact = {
  ...{ url: "http://here/a.tar.gz", path: "a.tar.gz", revision: "latest@sha256:1" },
  ...{ digest: "sha256:2", size: 1, lastUpdateTime: "2026-01-01T00:00:00Z" },
};
const existing = {
  metadata: {
    ...{ namespace: "default", name: "a", uid: "u", resourceVersion: "1", generation: 1 },
    ...{ labels: {}, ownerReferences: [] },
  },
  spec: {},
  status: {},
};

Deno.test("readOnlyObjects() says what would be published, and where the cluster has that already", async () => {
  const objects = new MemoryObjects();
  const lines: string[] = [];
  const readOnly = readOnlyObjects(objects, (line) => void lines.push(line));
  const moved = { ...artifact, url: "http://there/a.tar.gz" };
  const kept = await readOnly.writeArtifactStatus(existing, { artifact });
  await readOnly.writeArtifactStatus(kept, { artifact: moved });
  await readOnly.writeArtifactStatus(kept, { artifact: { ...artifact, digest: "sha256:3" } });
  await readOnly.writeArtifactStatus(kept, {});
  const would = "would publish default/a latest@sha256:1 at";
  assert.deepEqual(lines, [
    `${would} http://here/a.tar.gz`,
    `${would} http://there/a.tar.gz, which is at http://here/a.tar.gz now`,
    `${would} http://here/a.tar.gz`,
  ]);
  assert.deepEqual(objects.writes, []);
});
