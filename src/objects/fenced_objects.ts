import { forwardedObjects } from "./forwarded_objects.ts";
import { type Objects, ObjectsUnavailableError } from "./objects.ts";

/**
 * Objects that are read as ever, and written only while this replica may: asked right before each write, because a process
 * may have slept since the work began (DESIGN §10).
 *
 * @throws {ObjectsUnavailableError} by each write while it may not
 */
export function fencedObjects(objects: Objects, mayWrite: () => boolean): Objects {
  const fenced =
    <Given extends unknown[], Result>(write: (...given: Given) => Promise<Result>) =>
    (...given: Given): Promise<Result> => {
      if (mayWrite()) return write(...given);
      return Promise.reject(
        new ObjectsUnavailableError("Cannot write: another replica may own the source by now"),
      );
    };
  return {
    ...forwardedObjects(objects),
    writeSourceStatus: fenced((source, status) => objects.writeSourceStatus(source, status)),
    removeFinalizer: fenced((source, finalizer) => objects.removeFinalizer(source, finalizer)),
    createArtifact: fenced((artifact) => objects.createArtifact(artifact)),
    updateArtifact: fenced((existing, wanted) => objects.updateArtifact(existing, wanted)),
    writeArtifactStatus: fenced((existing, status) =>
      objects.writeArtifactStatus(existing, status)
    ),
  };
}
