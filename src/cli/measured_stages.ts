import type { Clock } from "../core/clock.ts";
import type { Document } from "../core/document.ts";
import type { Generator } from "../generate/generator.ts";
import type { PackOptions } from "../pack/pack_document.ts";
import type { PackedArtifact } from "../pack/packed_artifact.ts";
import type { ArtifactStore } from "../store/artifact_store.ts";

/** Hears how long a step took and whether it went well. */
export interface StageObserver {
  sourceRequest(sourceType: string, success: boolean, seconds: number): void;
  artifactOperation(operation: "package" | "store", success: boolean, seconds: number): void;
}

/** Measures a step. */
export async function measured<T>(
  clock: Clock,
  step: () => Promise<T>,
  tell: (success: boolean, seconds: number) => void,
): Promise<T> {
  const start = clock.now();
  const seconds = () => (clock.now() - start) / 1_000;
  try {
    const result = await step();
    tell(true, seconds());
    return result;
  } catch (error) {
    tell(false, seconds());
    throw error;
  }
}

/** A generator whose requests are counted. */
export function measuredGenerator(
  generator: Generator,
  type: string,
  { clock, observer }: { readonly clock: Clock; readonly observer: StageObserver },
): Generator {
  return {
    schema: generator.schema,
    close: () => generator.close(),
    prepare(settings) {
      const prepared = generator.prepare(settings);
      return {
        ...prepared,
        request: (secrets) => prepared.request(secrets),
        hostOf: (request) => prepared.hostOf(request),
        fetch: (request, context) =>
          measured(
            clock,
            () => prepared.fetch(request, context),
            (success, seconds) => observer.sourceRequest(type, success, seconds),
          ),
      };
    },
  };
}

/** A pack that is counted. */
export function measuredPack(
  pack: (document: Document, options: PackOptions) => Promise<PackedArtifact>,
  { clock, observer }: { readonly clock: Clock; readonly observer: StageObserver },
): typeof pack {
  return (document, options) =>
    measured(
      clock,
      () => pack(document, options),
      (success, seconds) => observer.artifactOperation("package", success, seconds),
    );
}

/** A store whose puts are counted. */
export function measuredStore(
  store: ArtifactStore,
  { clock, observer }: { readonly clock: Clock; readonly observer: StageObserver },
): ArtifactStore {
  return {
    put: (key, artifact) =>
      measured(
        clock,
        () => store.put(key, artifact),
        (success, seconds) => observer.artifactOperation("store", success, seconds),
      ),
    open: (key) => store.open(key),
    stat: (key) => store.stat(key),
    delete: (key, condition) => store.delete(key, condition),
    list: (prefix) => store.list(prefix),
    verify: (key, digest) => store.verify(key, digest),
    readMark: (name) => store.readMark(name),
    writeMark: (name, text, options) => store.writeMark(name, text, options),
    close: () => store.close(),
    links: store.links,
  };
}
