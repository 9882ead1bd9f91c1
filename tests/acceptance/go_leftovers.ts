import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { FluxWorld } from "./flux_world.ts";

const sourceApi = "source.flux.oddkin.co/v1alpha1";
const lastUpdateTime = "2025-01-01T00:00:00Z";
const document = "what Go published";
const archive = gzipSync(document);
/** The Go implementation names its files after the document, which is not what they hold. */
const hex = createHash("sha256").update(document).digest("hex");

/** What the Go implementation leaves of one source, as COMPATIBILITY.md describes it. */
export class GoLeftovers {
  /** The bytes of its file. */
  static readonly bytes: Uint8Array = new Uint8Array(archive);

  readonly #world: FluxWorld;
  readonly #name: string;
  readonly #base: string;

  /** @param base of its artifact URLs */
  constructor(world: FluxWorld, { name, base }: { readonly name: string; readonly base: string }) {
    this.#world = world;
    this.#name = name;
    this.#base = base;
  }

  get #key(): string {
    return `artifacts/${this.#world.namespace}/${this.#name}/${hex}.tar.gz`;
  }

  get #artifact() {
    return {
      url: `${this.#base}/${this.#key}`,
      revision: hex,
      lastUpdateTime,
      metadata: { created: lastUpdateTime, size: `${archive.length}`, contentHash: hex },
    };
  }

  /** Makes both objects, written by the field manager of the Go implementation. */
  async writeObjects(): Promise<void> {
    await this.#world.createSource(this.#name);
    await this.#patch(this.#world.path("ExternalSource", this.#name), {
      metadata: { finalizers: ["source.flux.oddkin.co/externalsource-finalizer"] },
    });
    await this.#writeSourceStatus();
    await this.#createArtifact();
    const url = this.#artifact.url;
    await this.#patch(`${this.#world.path("ExternalArtifact", this.#name)}/status`, {
      status: { artifact: { ...this.#artifact, path: url, digest: `sha256:${hex}` } },
    });
  }

  /** Makes the file, as the Go implementation does: 0644 in 0755. Returns its path. */
  async writeFile(volume: string): Promise<string> {
    const file = join(volume, this.#key);
    await Deno.mkdir(dirname(file), { recursive: true, mode: 0o755 });
    await Deno.writeFile(file, archive, { mode: 0o644 });
    return file;
  }

  async #writeSourceStatus(): Promise<void> {
    const storing = { type: "Storing", status: "False", message: "Artifact stored" };
    const ready = { type: "Ready", status: "True", message: "ExternalSource is ready" };
    const conditions = [{ ...ready, observedGeneration: 1 }, storing].map((condition) => ({
      reason: "Succeeded",
      lastTransitionTime: lastUpdateTime,
      ...condition,
    }));
    await this.#patch(`${this.#world.path("ExternalSource", this.#name)}/status`, {
      status: {
        artifact: this.#artifact,
        conditions,
        lastHandledETag: '"of-go"',
        observedGeneration: 1,
      },
    });
  }

  async #createArtifact(): Promise<void> {
    const { uid } = (await this.#world.source(this.#name)).metadata;
    const reference = { apiVersion: sourceApi, kind: "ExternalSource", name: this.#name };
    const owner = { ...reference, uid, controller: true, blockOwnerDeletion: true };
    await this.#world.api.write({
      method: "POST",
      path: this.#world.path("ExternalArtifact"),
      fieldManager: "manager",
      body: {
        apiVersion: "source.toolkit.fluxcd.io/v1",
        kind: "ExternalArtifact",
        metadata: { name: this.#name, ownerReferences: [owner] },
        spec: { sourceRef: { ...reference, namespace: this.#world.namespace } },
      },
    });
  }

  async #patch(path: string, body: unknown): Promise<void> {
    await this.#world.api.write({ method: "PATCH", path, fieldManager: "manager", body });
  }
}
