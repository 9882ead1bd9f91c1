import assert from "node:assert/strict";
import { MemoryObjects } from "../../tests/memory_objects.ts";
import { fencedObjects } from "./fenced_objects.ts";
import { ObjectsUnavailableError } from "./objects.ts";

const name = { namespace: "team", name: "config" };

Deno.test("fencedObjects() writes nothing once it may not, and reads on", async () => {
  const objects = new MemoryObjects();
  void objects.watch(() => {}, new AbortController().signal);
  objects.createSource({ ...name, spec: {} });
  let mayWrite = true;
  const fenced = fencedObjects(objects, () => mayWrite);
  const source = objects.sources.get("team/config")!;
  const written = await fenced.writeSourceStatus(source, { observedGeneration: 1 });
  mayWrite = false;
  const writes = [
    () => fenced.writeSourceStatus(written, {}),
    () => fenced.removeFinalizer(written, "x"),
    () =>
      fenced.createArtifact({
        ...name,
        labels: {},
        annotations: {},
        ownerReferences: [],
        spec: {},
      }),
  ];
  for (const write of writes) await assert.rejects(write(), ObjectsUnavailableError);
  assert.deepEqual(objects.writes, ["writeSourceStatus"]);
  assert.deepEqual((await fenced.readSource(name))?.status, { observedGeneration: 1 });
  mayWrite = true;
  await fenced.writeSourceStatus(written, {});
  assert.equal(objects.writes.length, 2);
});
