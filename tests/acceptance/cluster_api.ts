import { Buffer } from "node:buffer";
import { parse } from "yaml";
import type { ControlPlane } from "../cluster/control_plane.ts";

/** An object as the API server has it: what the tests look at. */
export interface KubeObject<Status = Record<string, unknown>> {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation: number;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
    readonly managedFields?: readonly { readonly manager: string }[];
  };
  readonly data?: Readonly<Record<string, string>>;
  readonly status?: Status;
}

/** A write, and as whom. */
export interface ApiWrite {
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  /** As the Go implementation wrote, for instance. */
  readonly fieldManager?: string;
}

/**
 * Another party's plain JSON client of an API server, quick enough to measure with: a kubectl process alone takes a
 * tenth of a second. Nothing of `src/` is in it.
 */
export class ClusterApi implements Disposable {
  readonly #server: string;
  readonly #client: Deno.HttpClient;

  private constructor(server: string, client: Deno.HttpClient) {
    this.#server = server;
    this.#client = client;
  }

  /** With the administrator's credentials. */
  static async connect({ kubeconfig }: Pick<ControlPlane, "kubeconfig">): Promise<ClusterApi> {
    const { clusters: [{ cluster }], users: [{ user }] } = parse(
      await Deno.readTextFile(kubeconfig),
    );
    const pem = (base64: string) => Buffer.from(base64, "base64").toString();
    const client = Deno.createHttpClient({
      caCerts: [pem(cluster["certificate-authority-data"])],
      cert: pem(user["client-certificate-data"]),
      key: pem(user["client-key-data"]),
    });
    return new ClusterApi(cluster.server, client);
  }

  /** Undefined if there is none. */
  async get<Status>(path: string): Promise<KubeObject<Status> | undefined> {
    const response = await this.#fetch(path, {});
    if (response.status === 404) return void await response.body?.cancel();
    return await answerOf(response, `GET ${path}`);
  }

  /** What is no object, such as `/metrics`. */
  async text(path: string): Promise<string> {
    const response = await this.#fetch(path, {});
    const text = await response.text();
    if (!response.ok) throw new Error(`Cannot GET ${path}: ${response.status} ${text}`);
    return text;
  }

  async list<Status>(path: string): Promise<readonly KubeObject<Status>[]> {
    const list = await answerOf(await this.#fetch(path, {}), `GET ${path}`) as unknown;
    return (list as { readonly items: readonly KubeObject<Status>[] }).items;
  }

  /** PATCH is a merge patch. */
  async write({ method, path, body, fieldManager = "kubectl" }: ApiWrite): Promise<KubeObject> {
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const query = method === "DELETE" ? "" : `?fieldManager=${fieldManager}`;
    const response = await this.#fetch(`${path}${query}`, {
      method,
      headers: { "content-type": type },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return await answerOf(response, `${method} ${path}`);
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }

  #fetch(path: string, init: RequestInit): Promise<Response> {
    return fetch(`${this.#server}${path}`, { ...init, client: this.#client });
  }
}

async function answerOf<Status>(response: Response, what: string): Promise<KubeObject<Status>> {
  const text = await response.text();
  if (!response.ok) throw new Error(`Cannot ${what}: ${response.status} ${text}`);
  return JSON.parse(text);
}
