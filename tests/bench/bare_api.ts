import { parse } from "yaml";

/** A JSON object, as the API server has it. */
export interface Raw {
  readonly [field: string]: unknown;
}

/** An object of either kind, as far as the bench looks into it. */
export interface RawObject extends Raw {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly [field: string]: unknown;
  };
  readonly spec: Raw;
  readonly status?: {
    readonly artifact?: { readonly revision: string; readonly url: string };
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** One call. */
export interface BareRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
}

interface Kubeconfig {
  readonly clusters: readonly {
    readonly cluster: { readonly server: string; readonly "certificate-authority-data": string };
  }[];
  readonly users: readonly {
    readonly user: {
      readonly "client-certificate-data": string;
      readonly "client-key-data": string;
    };
  }[];
}

interface WatchOptions {
  readonly onObject: (object: RawObject) => void;
  readonly signal: AbortSignal;
}

/** As little as a client can be: JSON over one pooled HTTP/2 client. */
export class BareApi implements Disposable {
  readonly server: string;
  readonly #client: Deno.HttpClient;

  /** @param kubeconfig path of one with embedded certificates, as the control plane of the tests writes it */
  constructor(kubeconfig: string) {
    const { clusters, users } = parse(Deno.readTextFileSync(kubeconfig)) as Kubeconfig;
    const { cluster } = clusters[0]!;
    const { user } = users[0]!;
    this.server = cluster.server;
    this.#client = Deno.createHttpClient({
      caCerts: [atob(cluster["certificate-authority-data"])],
      cert: atob(user["client-certificate-data"]),
      key: atob(user["client-key-data"]),
    });
  }

  async send({ method, path, body, contentType = "application/json" }: BareRequest) {
    const response = await fetch(this.server + path, {
      method,
      headers: body === undefined ? {} : { "content-type": contentType },
      body: body === undefined ? null : JSON.stringify(body),
      client: this.#client,
    });
    if (response.ok) return response;
    throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  }

  async json(request: BareRequest): Promise<Raw> {
    return await (await this.send(request)).json();
  }

  async list(path: string): Promise<readonly RawObject[]> {
    return (await this.json({ method: "GET", path })).items as readonly RawObject[];
  }

  /**
   * Tells of every object that is there, added or changed until `signal` aborts. Asks again when the API server ends the
   * watch, as it does with a client that it finds slow.
   */
  async watch(path: string, options: WatchOptions): Promise<void> {
    while (!options.signal.aborted) await this.#watchOnce(path, options);
  }

  async #watchOnce(path: string, { onObject, signal }: WatchOptions): Promise<void> {
    const response = await this.send({ method: "GET", path: `${path}?watch=1` });
    // Not ended by the signal of the fetch: Deno forgets that after a garbage collection.
    const reader = response.body!.getReader();
    if (signal.aborted) return await reader.cancel();
    const cancel = () => void reader.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    const decoder = new TextDecoder();
    let rest = "";
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const lines = (rest + decoder.decode(next.value, { stream: true })).split("\n");
      rest = lines.pop()!;
      for (const line of lines) onObject(JSON.parse(line).object);
    }
    signal.removeEventListener("abort", cancel);
  }

  /** Does all of it, so many at once. */
  async inParallel<T>(
    items: readonly T[],
    { concurrency, each }: {
      readonly concurrency: number;
      readonly each: (item: T) => Promise<unknown>;
    },
  ): Promise<void> {
    const rest = items.values();
    await Promise.all(Array.from({ length: concurrency }, async () => {
      for (const item of rest) await each(item);
    }));
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}
