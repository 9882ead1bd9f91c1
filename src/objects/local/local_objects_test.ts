import { join } from "node:path";
import { stringify } from "yaml";
import type { Clock } from "../../core/clock.ts";
import { externalSourceApiVersion } from "../../core/api_names.ts";
import type { ObjectEvent } from "../../core/object_event.ts";
import type {
  ObjectsHarness,
  Outside,
  SourceManifest,
} from "../../../tests/contract/objects_harness.ts";
import { testObjects } from "../../../tests/contract/objects.ts";
import { LocalObjects } from "./local_objects.ts";

const systemClock: Clock = {
  now: () => Date.now(),
  schedule(callback, delayMs) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
const namespace = "apps";

/** A person with an editor, one file an object. */
class Editor
  implements Omit<Outside, "events" | "markArtifact" | "deleteArtifact" | "deleteSource"> {
  readonly #directory: string;
  readonly #manifests = new Map<string, SourceManifest>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  async createSource(manifest: SourceManifest): Promise<void> {
    const { name, spec, ...metadata } = manifest;
    this.#manifests.set(name, manifest);
    await this.#write(`${name}.yaml`, {
      apiVersion: externalSourceApiVersion,
      kind: "ExternalSource",
      metadata: { name, namespace, ...metadata },
      spec,
    });
  }

  createMalformedSource(name: string): Promise<void> {
    return this.createSource({ name, spec: ["not", "an object"] });
  }

  updateSpec(name: string, spec: unknown): Promise<void> {
    return this.createSource({ ...this.#manifests.get(name)!, spec });
  }

  annotateSource(name: string, annotations: Readonly<Record<string, string>>): Promise<void> {
    const manifest = this.#manifests.get(name)!;
    return this.createSource({
      ...manifest,
      annotations: { ...manifest.annotations, ...annotations },
    });
  }

  removeFile(name: string): Promise<void> {
    return Deno.remove(join(this.#directory, `${name}.yaml`));
  }

  async putSecret(name: string, data: Readonly<Record<string, Uint8Array>>): Promise<void> {
    const encoded = Object.entries(data).map(([key, bytes]) => [key, bytes.toBase64()]);
    await this.#write(`secret-${name}.yml`, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name, namespace },
      data: Object.fromEntries(encoded),
    });
  }

  async close(): Promise<void> {
    await Deno.remove(this.#directory, { recursive: true });
  }

  async #write(file: string, object: unknown): Promise<void> {
    await Deno.writeTextFile(join(this.#directory, file), stringify(object));
  }
}

testObjects("LocalObjects", async (): Promise<ObjectsHarness> => {
  const directory = await Deno.makeTempDir();
  const events: ObjectEvent[] = [];
  const objects = new LocalObjects({
    directory,
    clock: systemClock,
    checkSpec: () => [],
    onProblem: () => {},
    onEvent: (event) => events.push(event),
  });
  const editor = new Editor(directory);
  const deleteSource = async (name: string) => {
    await editor.removeFile(name);
    await objects.readSource({ namespace, name }); // what the folder holds is known once it was read
  };
  const outside: Outside = {
    createSource: (manifest) => editor.createSource(manifest),
    createMalformedSource: (name) => editor.createMalformedSource(name),
    updateSpec: (name, spec) => editor.updateSpec(name, spec),
    annotateSource: (name, annotations) => editor.annotateSource(name, annotations),
    putSecret: (name, data) => editor.putSecret(name, data),
    deleteSource,
    deleteArtifact: deleteSource,
    // Nobody but the operator reaches the memory of this process: a write of its own stands for another's.
    async markArtifact(name, { labels = {}, annotations = {} }) {
      const existing = (await objects.readArtifact({ namespace, name }))!;
      const { spec } = existing;
      const wanted = { namespace, name, labels, annotations, ownerReferences: [], spec };
      await objects.updateArtifact(existing, wanted);
    },
    events: (name) =>
      Promise.resolve(
        events
          .filter(({ involvedObject: of }) => of.name === name && of.namespace === namespace)
          .map(({ type, reason, message }) => ({ type, reason, message })),
      ),
    close: () => editor.close(),
  };
  return { objects, namespace, outside };
});
