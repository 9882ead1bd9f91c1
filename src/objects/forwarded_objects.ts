import type { Objects } from "./objects.ts";

/** The same objects, of which a part can be replaced: `{ ...forwardedObjects(objects), readSecret }`. */
export function forwardedObjects(objects: Objects): Objects {
  return {
    sources: objects.sources,
    artifacts: objects.artifacts,
    watch: (onChange, signal) => objects.watch(onChange, signal),
    readSource: (name) => objects.readSource(name),
    readArtifact: (name) => objects.readArtifact(name),
    readSecret: (name) => objects.readSecret(name),
    writeSourceStatus: (source, status) => objects.writeSourceStatus(source, status),
    removeFinalizer: (source, finalizer) => objects.removeFinalizer(source, finalizer),
    createArtifact: (artifact) => objects.createArtifact(artifact),
    updateArtifact: (existing, wanted) => objects.updateArtifact(existing, wanted),
    writeArtifactStatus: (existing, status) => objects.writeArtifactStatus(existing, status),
    recordEvent: (event) => objects.recordEvent(event),
  };
}
