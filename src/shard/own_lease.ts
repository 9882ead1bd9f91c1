import type { Lease, Leases } from "../objects/leases.ts";
import { ConflictError } from "../objects/objects.ts";
import { leaseName } from "./lease_name.ts";
import { type Member, memberLease } from "./member.ts";

/** What the latest look showed of the Lease under our name; undefined: there is none. */
export type Found = { readonly lease: Lease; readonly isHeld: boolean } | undefined;

/** What to do about our Lease. */
export type OwnWrite =
  | { readonly kind: "create" }
  /** Ours goes on. */
  | { readonly kind: "renew"; readonly lease: Lease }
  /** It begins anew: others may have taken our sources meanwhile. */
  | { readonly kind: "take"; readonly lease: Lease }
  /** Another process runs under our name. */
  | { readonly kind: "wait" };

type RealWrite = Exclude<OwnWrite, { kind: "wait" }>;

/** @see decideOwnWrite */
export interface OwnState {
  readonly identity: string;
  /** Whether our lease has not run out. */
  readonly isLive: boolean;
  /** Whether this process has had the Lease, now or before. */
  readonly hasTaken: boolean;
}

/**
 * What to do about the Lease under our own name. That of an earlier life is taken at once, but only when we begin: a
 * process that finds itself replaced by another of its name must not take the Lease back while that one lives.
 */
export function decideOwnWrite(found: Found, own: OwnState): OwnWrite {
  if (!found) return { kind: "create" };
  const { lease, isHeld } = found;
  if (lease.holder === own.identity) return { kind: own.isLive ? "renew" : "take", lease };
  return own.hasTaken && isHeld ? { kind: "wait" } : { kind: "take", lease };
}

/** @see OwnLease */
export interface OwnLeaseOptions {
  readonly leases: Leases;
  readonly member: Omit<Member, "view" | "acquiredAt">;
  readonly durationMs: number;
  /** How long others wait before they take our sources. */
  readonly takeoverDelayMs: number;
  /** Of our monotonic clock. */
  readonly now: () => number;
  /** What a Lease is dated with. */
  readonly wallNow: () => number;
}

/** What is written with a renewal. */
export interface Renewal {
  readonly view: readonly string[];
  /** When the youngest of the other members became one. */
  readonly youngest: number;
}

/** `held`: it was ours and is renewed; `new`: it is ours from now on; `waiting`: another process has it. */
export type RenewalOutcome = "held" | "new" | "waiting";

/** Our own Lease, and how long it lets us write. */
export class OwnLease {
  readonly #options: OwnLeaseOptions;
  #lease: Lease | undefined;
  /** When the last renewal that came through was sent. */
  #sentAt = 0;
  #term = 0;
  #hasTaken = false;

  constructor(options: OwnLeaseOptions) {
    this.#options = options;
  }

  /** Counts how often we became a member: what began in an earlier term must not be written any more. */
  get term(): number {
    return this.#term;
  }

  /** Whether another process took it. */
  get isTaken(): boolean {
    return this.#hasTaken && this.#lease === undefined;
  }

  get acquiredAt(): number | undefined {
    return this.#lease?.acquiredAt;
  }

  /** Until when we may write; the last third of a lease is for what is on its way. */
  get writeEndsAt(): number {
    return this.#lease ? this.#sentAt + this.#options.durationMs * 2 / 3 : -Infinity;
  }

  /** When others take us for dead at the earliest. */
  get endsAt(): number {
    return this.#lease ? this.#sentAt + this.#options.durationMs : -Infinity;
  }

  get isLive(): boolean {
    return this.#options.now() < this.endsAt;
  }

  /** The Lease as it was last written by us, for a renewal without a look. */
  get found(): Found {
    return this.#lease && { lease: this.#lease, isHeld: true };
  }

  /** Acquires or renews it. @throws what `Leases` throws */
  async write(found: Found, renewal: Renewal, signal: AbortSignal): Promise<RenewalOutcome> {
    const { now, member: { identity } } = this.#options;
    if (this.#lease && found?.lease.uid !== this.#lease.uid) this.#lease = undefined;
    const { isLive } = this;
    const write = decideOwnWrite(found, { identity, isLive, hasTaken: this.#hasTaken });
    if (write.kind === "wait") {
      this.#lease = undefined;
      return "waiting";
    }
    const sentAt = now();
    const lease = await this.#send(write, renewal, signal);
    const isRenewed = write.kind === "renew" && this.isLive;
    [this.#lease, this.#sentAt, this.#hasTaken] = [lease, sentAt, true];
    if (isRenewed) return "held";
    this.#term += 1;
    return "new";
  }

  /** Gives it back, if it is ours: others need not wait for its end. */
  async release(): Promise<void> {
    const { leases, member } = this.#options;
    this.#lease = undefined;
    // Read, because the answer to the last renewal may have been lost.
    const lease = await leases.read(leaseName(member.name));
    if (lease?.holder === member.identity) await leases.delete(lease);
  }

  async #send(write: RealWrite, renewal: Renewal, signal: AbortSignal): Promise<Lease> {
    const { leases } = this.#options;
    try {
      const content = this.#content(write, renewal);
      if (write.kind === "create") return await leases.create(content, signal);
      return await leases.update(write.lease, content, signal);
    } catch (error) {
      // Whoever was there before us is alive.
      if (error instanceof ConflictError) this.#hasTaken = true;
      throw error;
    }
  }

  #content(write: RealWrite, { view, youngest }: Renewal) {
    const { member, durationMs, wallNow } = this.#options;
    const before = write.kind === "create" ? undefined : write.lease;
    const wall = wallNow();
    const isSameLife = before !== undefined && (write.kind === "renew" || this.#isAwaited(before));
    const acquiredAt = isSameLife ? before.acquiredAt : Math.max(wall, youngest + 1);
    // A renewal that is dated as the last one was, because the clock stepped back, would look like none.
    const renewedAt = wall === before?.renewedAt ? wall + 1 : wall;
    const isOurs = before === undefined || before.holder === member.identity;
    const transitions = (before?.transitions ?? 0) + (isOurs ? 0 : 1);
    return memberLease({ ...member, view, acquiredAt }, { durationMs, renewedAt, transitions });
  }

  /** Whether others most likely still wait for us. Clocks may be compared: it only decides who counts as older. */
  #isAwaited({ holder, renewedAt }: Lease): boolean {
    const { durationMs, takeoverDelayMs, wallNow } = this.#options;
    return holder !== "" && wallNow() - renewedAt < durationMs + takeoverDelayMs;
  }
}
