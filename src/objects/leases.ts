/** A `coordination.k8s.io/v1` Lease, as far as replicas use it to find each other. Times in milliseconds since the epoch. */
export interface Lease {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Empty: it was released. */
  readonly holder: string;
  /** How long it lasts after a renewal, by the holder's word; 0 if it says nothing. */
  readonly durationMs: number;
  /** By the clock of the holder, as is `renewedAt`: never to be compared with one's own. */
  readonly acquiredAt: number;
  readonly renewedAt: number;
  /** How often another has become the holder. */
  readonly transitions: number;
}

/** What a Lease is to be. `durationMs` is written in whole seconds, rounded up. */
export type LeaseWrite = Omit<Lease, "uid" | "resourceVersion">;

/**
 * The port to the Leases of one namespace, with one adapter, `kube/`. Its contract suite is `tests/contract/leases.ts`.
 *
 * Nothing is cached. Each method rejects with the errors of `objects.ts`, and with the reason of `signal` if that aborts;
 * whether the call was carried out is then unknown, as it is after an ObjectsUnavailableError.
 */
export interface Leases {
  /** All Leases with these labels, in no order. */
  list(
    labels: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<readonly Lease[]>;

  /** Undefined if there is none of that name. */
  read(name: string, signal?: AbortSignal): Promise<Lease | undefined>;

  /**
   * @throws {ConflictError} if one of that name exists
   * @throws {NotFoundError} if the namespace does not exist
   */
  create(lease: LeaseWrite, signal?: AbortSignal): Promise<Lease>;

  /**
   * Replaces all that an existing Lease says, its labels and annotations too.
   *
   * @throws {ConflictError} if it has changed since `existing` was read, or is gone
   */
  update(existing: Lease, lease: LeaseWrite, signal?: AbortSignal): Promise<Lease>;

  /** @throws {ConflictError} if it has changed or been made anew since `existing` was read; one that is gone is no error */
  delete(existing: Lease, signal?: AbortSignal): Promise<void>;
}
