import { controllerName } from "../../core/api_names.ts";
import type { Lease, Leases, LeaseWrite } from "../leases.ts";
import { NotFoundError, ObjectsUnavailableError } from "../objects.ts";
import type { ApiClient, ApiRequest } from "./api_client.ts";
import type { ApiConnection } from "./api_connection.ts";
import { decodeLease, formatMicroTime } from "./decode_lease.ts";
import { asRecord } from "./fields.ts";
import { listPath, objectPath } from "./resource.ts";

const leases = { apiVersion: "coordination.k8s.io/v1", plural: "leases" };

/** What {@linkcode KubeLeases} is made of. */
export interface KubeLeasesParts {
  readonly connection: ApiConnection;
  readonly client: ApiClient;
  readonly namespace: string;
}

const withSignal = (signal: AbortSignal | undefined) => signal === undefined ? {} : { signal };

/** The Leases of a namespace as an API server has them, over a connection of their own. */
export class KubeLeases implements Leases {
  readonly #parts: KubeLeasesParts;

  constructor(parts: KubeLeasesParts) {
    this.#parts = parts;
  }

  async list(
    labels: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<readonly Lease[]> {
    const { client, namespace } = this.#parts;
    const labelSelector = Object.entries(labels).map(([key, value]) => `${key}=${value}`).join(",");
    const what = `Cannot list Leases of "${namespace}"`;
    const answer = asRecord(
      await client.json({
        method: "GET",
        path: listPath(leases, namespace),
        query: { labelSelector },
        what,
        ...withSignal(signal),
      }),
    );
    // An answer that is no list must not look like one without members.
    if (Array.isArray(answer?.items)) return answer.items.map(decodeLease);
    throw new ObjectsUnavailableError(`${what}: the answer is not a list`);
  }

  async read(name: string, signal?: AbortSignal): Promise<Lease | undefined> {
    return await unlessGone(this.#send({ method: "GET", name, what: "get" }, signal));
  }

  async create(lease: LeaseWrite, signal?: AbortSignal): Promise<Lease> {
    const { client, namespace } = this.#parts;
    const body = bodyOf(lease, { namespace });
    const raw = client.json({
      method: "POST",
      path: listPath(leases, namespace),
      query: { fieldManager: controllerName },
      body,
      what: `Cannot create Lease "${namespace}/${lease.name}"`,
      ...withSignal(signal),
    });
    return decodeLease(await raw.catch(explainNamespace));
  }

  async update(existing: Lease, lease: LeaseWrite, signal?: AbortSignal): Promise<Lease> {
    const { namespace } = this.#parts;
    const { uid, resourceVersion, name } = existing;
    const body = bodyOf(lease, { namespace, uid, resourceVersion });
    return await this.#send({ method: "PUT", name, body, what: "update" }, signal);
  }

  async delete({ name, uid, resourceVersion }: Lease, signal?: AbortSignal): Promise<void> {
    const body = {
      ...{ apiVersion: "v1", kind: "DeleteOptions" },
      preconditions: { uid, resourceVersion },
    };
    await unlessGone(this.#call({ method: "DELETE", name, body, what: "delete" }, signal));
  }

  /** Ends the connection and every call on it. */
  close(): void {
    this.#parts.connection.close();
  }

  async #send(call: LeaseCall, signal: AbortSignal | undefined): Promise<Lease> {
    return decodeLease(await this.#call(call, signal));
  }

  #call({ method, name, body, what }: LeaseCall, signal: AbortSignal | undefined) {
    const { client, namespace } = this.#parts;
    return client.json({
      method,
      path: objectPath(leases, { namespace, name }),
      ...(method === "PUT" ? { query: { fieldManager: controllerName } } : {}),
      ...(body === undefined ? {} : { body }),
      what: `Cannot ${what} Lease "${namespace}/${name}"`,
      ...withSignal(signal),
    });
  }
}

/** A call about one Lease. */
interface LeaseCall {
  readonly method: ApiRequest["method"];
  readonly name: string;
  readonly body?: unknown;
  readonly what: string;
}

function bodyOf(lease: LeaseWrite, identity: Readonly<Record<string, string>>) {
  const { name, labels, annotations, holder, durationMs, acquiredAt, renewedAt } = lease;
  return {
    ...{ apiVersion: leases.apiVersion, kind: "Lease" },
    metadata: { ...identity, name, labels, annotations },
    spec: {
      holderIdentity: holder,
      leaseDurationSeconds: Math.ceil(durationMs / 1_000),
      acquireTime: formatMicroTime(acquiredAt),
      renewTime: formatMicroTime(renewedAt),
      leaseTransitions: lease.transitions,
    },
  };
}

/** What was to be made cannot be missing: its namespace is, or is about to go. */
function explainNamespace(error: unknown): never {
  if (!(error instanceof NotFoundError)) throw error;
  throw new NotFoundError(`${error.message}; POD_NAMESPACE says which namespace`);
}

async function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
