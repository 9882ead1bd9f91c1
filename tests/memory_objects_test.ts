import type { ObjectsHarness, Outside } from "./contract/objects_harness.ts";
import { testObjects } from "./contract/objects.ts";
import { MemoryObjects } from "./memory_objects.ts";

function harness(): Promise<ObjectsHarness> {
  const objects = new MemoryObjects();
  const namespace = "team";
  const at = (name: string) => ({ namespace, name });
  const done = (_: unknown) => Promise.resolve();
  const outside: Outside = {
    createSource: (manifest) => done(objects.createSource({ namespace, ...manifest })),
    createMalformedSource: (name) => done(objects.createSource({ ...at(name), spec: null })),
    updateSpec: (name, spec) =>
      done(objects.editSource(at(name), (source) => ({ ...source, spec }))),
    annotateSource: (name, annotations) =>
      done(objects.editSource(at(name), ({ metadata, ...rest }) => ({
        ...rest,
        metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } },
      }))),
    deleteSource: (name) => done(objects.deleteSource(at(name))),
    putSecret: (name, data) => done(objects.putSecret(at(name), data)),
    markArtifact: (name, marks) => done(objects.markArtifact(at(name), marks)),
    deleteArtifact: (name) => done(objects.deleteArtifact(at(name))),
    events: (name) =>
      Promise.resolve(
        objects.events
          .filter(({ involvedObject: { namespace: of, name: to } }) =>
            of === namespace && to === name
          )
          .map(({ type, reason, message }) => ({ type, reason, message })),
      ),
    close: () => Promise.resolve(),
  };
  return Promise.resolve({ objects, namespace, outside });
}

testObjects("MemoryObjects", harness);
