import assert from "node:assert/strict";
import { requestedAtAnnotation } from "../../src/core/api_names.ts";
import type { ExternalArtifactStatus } from "../../src/core/external_artifact.ts";
import type { ExternalSourceStatus } from "../../src/core/external_source.ts";
import type { ControlPlane } from "../cluster/control_plane.ts";
import { checkArtifactStatus, checkStatus } from "../laws/status.ts";
import { ClusterApi, type KubeObject } from "./cluster_api.ts";
import {
  type ControllerOptions,
  type ControllerProcess,
  startController,
} from "./controller_process.ts";
import { eventually } from "./eventually.ts";
import { ServedDocument } from "./served_document.ts";

/** What a Kustomization says of itself. */
export interface KustomizationStatus {
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly message: string;
  }[];
  readonly lastAppliedRevision?: string;
  readonly lastHandledReconcileAt?: string;
}

/** How the program is started; `prepare` runs before it. */
export interface FluxWorldOptions extends Pick<ControllerOptions, "args" | "env" | "port"> {
  readonly prepare?: (world: FluxWorld) => Promise<void>;
  /** As whom the program acts; the administrator by default. */
  readonly kubeconfig?: string;
  /** Watches every namespace, not only the one of the world. */
  readonly watchesAll?: boolean;
}

/** The kinds that a world knows, and where their objects are. */
const plurals = {
  ExternalSource: "/apis/source.flux.oddkin.co/v1alpha1/namespaces/NS/externalsources",
  ExternalArtifact: "/apis/source.toolkit.fluxcd.io/v1/namespaces/NS/externalartifacts",
  Kustomization: "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/NS/kustomizations",
  ConfigMap: "/api/v1/namespaces/NS/configmaps",
  Event: "/api/v1/namespaces/NS/events",
} as const;

/** How long anything may take that is not measured, in milliseconds. */
export const patience = 30_000;
/** The ConfigMap that the document of a world declares. */
const appliedName = "applied";
let worlds = 0;

/** A namespace of its own, a document behind HTTP, and the real program, which watches only that namespace. */
export class FluxWorld {
  readonly document = new ServedDocument();
  /** Base URL of the document. */
  readonly origin: string;
  readonly namespace: string;
  readonly api: ClusterApi;
  #controller: ControllerProcess | undefined;
  #requests = 0;

  private constructor(parts: Pick<FluxWorld, "document" | "origin" | "namespace" | "api">) {
    this.document = parts.document;
    this.origin = parts.origin;
    this.namespace = parts.namespace;
    this.api = parts.api;
  }

  /** Runs a story in a new world, holds what it leaves to the laws of a status, and ends everything. */
  static async run(
    plane: ControlPlane,
    options: FluxWorldOptions,
    story: (world: FluxWorld) => Promise<void>,
  ): Promise<void> {
    const document = new ServedDocument();
    await using upstream = await document.serve();
    using api = await ClusterApi.connect(plane);
    const namespace = `world-${++worlds}`;
    await plane.kubectl(["create", "namespace", namespace]);
    const world = new FluxWorld({ document, origin: upstream.origin, namespace, api });
    const { prepare, args = [], watchesAll = false, ...others } = options;
    try {
      await prepare?.(world);
      world.#controller = await startController({
        kubeconfig: plane.kubeconfig,
        ...others,
        args: [...watchesAll ? [] : [`--watch-namespace=${namespace}`], ...args],
      });
      await story(world);
      await world.#checkLaws();
    } catch (error) {
      throw new Error(`${world.#controller?.log() ?? "not started"}`, { cause: error });
    } finally {
      await world.#controller?.end("SIGTERM");
    }
  }

  get controller(): ControllerProcess {
    assert.ok(this.#controller, "the program has not been started");
    return this.#controller;
  }

  path(kind: keyof typeof plurals, name?: string): string {
    const path = plurals[kind].replace("NS", this.namespace);
    return name === undefined ? path : `${path}/${name}`;
  }

  /** An object that is there. */
  async get<Status>(kind: keyof typeof plurals, name: string): Promise<KubeObject<Status>> {
    const object = await this.api.get<Status>(this.path(kind, name));
    assert.ok(object, `there is no ${kind} "${name}"`);
    return object;
  }

  source(name: string): Promise<KubeObject<ExternalSourceStatus>> {
    return this.get("ExternalSource", name);
  }

  artifact(name: string): Promise<KubeObject<ExternalArtifactStatus>> {
    return this.get("ExternalArtifact", name);
  }

  async createSource(name: string, spec: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await this.api.write({
      method: "POST",
      path: this.path("ExternalSource"),
      body: {
        apiVersion: "source.flux.oddkin.co/v1alpha1",
        kind: "ExternalSource",
        metadata: { name },
        spec: {
          interval: "1h",
          destinationPath: "app/document.yaml",
          generator: { type: "http", http: { url: `${this.origin}/document.yaml` } },
          ...spec,
        },
      },
    });
  }

  /** As users do: Flux waits until what it has applied is ready, and tries again soon if it cannot apply it. */
  async createKustomization(name: string): Promise<void> {
    const sourceRef = { kind: "ExternalArtifact", name };
    const times = { interval: "1h", retryInterval: "1s", timeout: "30s" };
    await this.api.write({
      method: "POST",
      path: this.path("Kustomization"),
      body: {
        apiVersion: "kustomize.toolkit.fluxcd.io/v1",
        kind: "Kustomization",
        metadata: { name },
        spec: { ...times, path: "./", prune: true, wait: true, sourceRef },
      },
    });
  }

  /** The upstream has something else to say from now on. */
  publishUpstream(value: string): void {
    this.document.text = JSON.stringify({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: appliedName, namespace: this.namespace },
      data: { value },
    });
  }

  /** What the applied ConfigMap says; undefined while there is none. */
  async appliedValue(): Promise<string | undefined> {
    return (await this.api.get(this.path("ConfigMap", appliedName)))?.data?.value;
  }

  /** Waits until Flux has applied a value and says that all is well with the revision that is published. */
  async untilApplied(name: string, value: string): Promise<void> {
    const look = async () => {
      const applied = await this.appliedValue();
      const { status } = await this.get<KustomizationStatus>("Kustomization", name);
      const { status: { artifact } = {} } = await this.artifact(name);
      const isSettled = isReady(status) && status?.lastAppliedRevision === artifact?.revision;
      if (applied === value && isSettled) return true;
      throw new Error(`"${applied}" is applied, and Flux says ${JSON.stringify(status)}`);
    };
    await eventually(look, { withinMs: patience, what: `Flux has applied "${value}"` });
  }

  /** Asks for a reconcile as `flux reconcile` and a Receiver do; returns the value that is to be answered. */
  async request(kind: keyof typeof plurals, name: string): Promise<string> {
    const requested = `request-${++this.#requests}`;
    await this.patch(kind, name, {
      metadata: { annotations: { [requestedAtAnnotation]: requested } },
    });
    return requested;
  }

  async patch(kind: keyof typeof plurals, name: string, body: unknown): Promise<void> {
    await this.api.write({ method: "PATCH", path: this.path(kind, name), body });
  }

  async delete(kind: keyof typeof plurals, name: string): Promise<void> {
    await this.api.write({ method: "DELETE", path: this.path(kind, name) });
  }

  async #checkLaws(): Promise<void> {
    const sources = await this.api.list<ExternalSourceStatus>(this.path("ExternalSource"));
    for (const { metadata, status = {} } of sources) {
      checkStatus(status, { object: metadata, generation: metadata.generation });
    }
    const artifacts = await this.api.list<ExternalArtifactStatus>(this.path("ExternalArtifact"));
    for (const { metadata, status = {} } of artifacts) {
      checkArtifactStatus(status, { object: metadata, generation: metadata.generation });
    }
  }
}

/** Whether a status says Ready=True. */
export function isReady(status: KustomizationStatus | ExternalSourceStatus | undefined): boolean {
  return status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ??
    false;
}
