import { Buffer } from "node:buffer";
import { parse } from "yaml";
import type { ExternalArtifactStatus } from "../../src/core/external_artifact.ts";
import type { ExternalSourceStatus } from "../../src/core/external_source.ts";
import { checkArtifactStatus, checkStatus } from "../laws/status.ts";
import type { ObjectVersion, PublishingKind } from "./history.ts";

const paths: Readonly<Record<PublishingKind, string>> = {
  ExternalSource: "/apis/source.flux.oddkin.co/v1alpha1/externalsources",
  ExternalArtifact: "/apis/source.toolkit.fluxcd.io/v1/externalartifacts",
};

interface WatchedObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly resourceVersion: string;
    readonly generation: number;
  };
  readonly status?: ExternalSourceStatus & ExternalArtifactStatus;
}

/** What is told of each version. */
export interface ObjectWatchOptions {
  readonly kubeconfig: string;
  readonly now: () => number;
  readonly onVersion: (version: ObjectVersion) => void;
  /** Versions may have been missed: the API server did not know any more where the watch was. */
  readonly onGap: () => void;
}

/** A raw watch of the API server over HTTP that keeps every version; nothing of the product's own client is in it. */
export class ObjectWatch implements AsyncDisposable {
  readonly #options: ObjectWatchOptions;
  readonly #ending = new AbortController();
  readonly #running: Promise<unknown>;

  private constructor(options: ObjectWatchOptions, connection: Connection) {
    this.#options = options;
    const kinds = ["ExternalSource", "ExternalArtifact"] as const;
    this.#running = Promise.all(kinds.map((kind) => this.#follow(kind, connection)))
      .finally(() => connection.client.close());
  }

  static async start(options: ObjectWatchOptions): Promise<ObjectWatch> {
    return new ObjectWatch(options, await connect(options.kubeconfig));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #follow(kind: PublishingKind, connection: Connection): Promise<void> {
    const { signal } = this.#ending;
    const state: WatchState = { kind, connection, signal, from: undefined };
    while (!signal.aborted) {
      try {
        await this.#round(state);
      } catch {
        // The API server is away, or it ended the watch: both are as usual here.
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  async #round(state: WatchState): Promise<void> {
    const { kind, connection: { server, client }, signal } = state;
    if (state.from === undefined) {
      const response = await fetch(`${server}${paths[kind]}`, { client, signal });
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
      const { items, metadata } = await response.json();
      for (const item of items) this.#tell(kind, item);
      state.from = metadata.resourceVersion;
    }
    const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${state.from}`;
    const response = await fetch(`${server}${paths[kind]}?${query}`, { client, signal });
    if (response.status === 410) return this.#loseTrack(state);
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    for await (const line of linesOf(response.body!, signal)) this.#take(JSON.parse(line), state);
  }

  #take(event: { readonly type: string; readonly object: WatchedObject }, state: WatchState): void {
    if (event.type === "ERROR") return this.#loseTrack(state);
    state.from = event.object.metadata.resourceVersion;
    if (event.type === "ADDED" || event.type === "MODIFIED") this.#tell(state.kind, event.object);
  }

  #loseTrack(state: WatchState): void {
    state.from = undefined;
    this.#options.onGap();
  }

  #tell(kind: PublishingKind, object: WatchedObject): void {
    const { metadata: { name, resourceVersion }, status } = object;
    const broken = brokenLaws(kind, object);
    this.#options.onVersion({
      at: this.#options.now(),
      kind,
      name,
      resourceVersion: Number(resourceVersion),
      digest: status?.artifact?.digest,
      url: status?.artifact?.url,
      ...(broken === undefined ? {} : { broken }),
    });
  }
}

interface Connection {
  readonly server: string;
  readonly client: Deno.HttpClient;
}

interface WatchState {
  readonly kind: PublishingKind;
  readonly connection: Connection;
  readonly signal: AbortSignal;
  from: string | undefined;
}

async function connect(kubeconfig: string): Promise<Connection> {
  const { clusters: [{ cluster }], users: [{ user }] } = parse(await Deno.readTextFile(kubeconfig));
  const pem = (base64: string) => Buffer.from(base64, "base64").toString();
  const client = Deno.createHttpClient({
    caCerts: [pem(cluster["certificate-authority-data"])],
    cert: pem(user["client-certificate-data"]),
    key: pem(user["client-key-data"]),
  });
  return { server: cluster.server, client };
}

function brokenLaws(kind: PublishingKind, { metadata, status }: WatchedObject): string | undefined {
  if (!status) return undefined;
  const context = { object: metadata, generation: metadata.generation };
  try {
    if (kind === "ExternalSource") checkStatus(status, context);
    else checkArtifactStatus(status, context);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Ended by the signal here, because Deno (2.9.6) forgets the signal of a fetch after a garbage collection. */
async function* linesOf(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const reader = body.getReader();
  const end = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", end);
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (let read = await reader.read(); read.value; read = await reader.read()) {
      const lines = (rest + decoder.decode(read.value, { stream: true })).split("\n");
      rest = lines.pop()!;
      yield* lines.filter(Boolean);
    }
  } finally {
    signal.removeEventListener("abort", end);
    end();
  }
}
