import type { Clock } from "../core/clock.ts";
import type { Lease, Leases } from "../objects/leases.ts";
import { leaseName } from "./lease_name.ts";
import { memberLabels, type WatchScope } from "./member.ts";
import type { Found } from "./own_lease.ts";
import { emptyRoster, nextRoster, type Roster } from "./roster.ts";
import { endOf, isHeld, nothingSeen, type Seen, sight, type Sighting } from "./sighting.ts";

/** The Lease of the Go implementation's leader, in the namespace of its pod (COMPATIBILITY §5). */
export const goLeaderLease = "3f356f6a.example.com";

/**
 * How many times its length the Lease of a dead member stays after its end. Everybody who saw it live has judged it by then,
 * so that one that vanishes sooner was given back.
 */
const keptLengths = 10;

/** @see Lookout */
export interface LookoutOptions {
  readonly leases: Leases;
  /** Our own name. */
  readonly self: string;
  readonly scope: WatchScope;
  readonly takeoverDelayMs: number;
  /** @see sight */
  readonly blindAfterMs: number;
  readonly clock: Clock;
}

/** Looks at the Leases of the namespace and keeps what was seen: two calls a look. */
export class Lookout {
  readonly #options: LookoutOptions;
  #members = nothingSeen;
  #goLeader = nothingSeen;
  #roster = emptyRoster;
  #hasClearedGoLeader = false;

  constructor(options: LookoutOptions) {
    this.#options = options;
  }

  get #sentAt(): number {
    return this.#members.sentAt;
  }

  /** The other members. */
  get roster(): Roster {
    return this.#roster;
  }

  /** The Lease under our own name. */
  get found(): Found {
    const sighting = this.#members.sightings.get(leaseName(this.#options.self));
    return sighting && { lease: sighting.lease, isHeld: isHeld(sighting, this.#sentAt) };
  }

  /** Whether the Go implementation's leader is alive. */
  get isGoLeading(): boolean {
    return isHeld(this.#goLeader.sightings.get(goLeaderLease), this.#sentAt);
  }

  /** When something ends next if nobody renews it: somebody's lease, or the wait for a member that ended. */
  get nextEnd(): number {
    const { takeoverDelayMs } = this.#options;
    const leases = [this.#members, this.#goLeader]
      .flatMap(({ sightings }) => [...sightings.values()])
      .filter((sighting) => isHeld(sighting, this.#sentAt))
      .map(endOf);
    const waits = this.#roster.ended
      .map(({ at }) => at + takeoverDelayMs)
      .filter((end) => takeoverDelayMs > 0 && end > this.#sentAt);
    return Math.min(...leases, ...waits);
  }

  /**
   * Looks once.
   *
   * @param candidates among whom owners were chosen until now
   * @throws what `Leases` throws; then nothing has changed: nobody ends because we cannot see them
   */
  async look(candidates: readonly string[], signal: AbortSignal): Promise<void> {
    const { leases, self, scope, takeoverDelayMs, blindAfterMs, clock } = this.#options;
    const sentAt = clock.now();
    const [members, goLeader] = await Promise.all([
      leases.list(memberLabels, signal),
      leases.read(goLeaderLease, signal),
    ]);
    const answeredAt = clock.now();
    const see = (before: Seen, found: readonly Lease[]) =>
      sight(before, { leases: found, sentAt, answeredAt }, blindAfterMs);
    this.#members = see(this.#members, members);
    this.#goLeader = see(this.#goLeader, goLeader ? [goLeader] : []);
    const options = { self, scope, candidates, takeoverDelayMs };
    this.#roster = nextRoster(this.#roster, this.#members, options);
  }

  /**
   * Deletes the Leases of the dead, for members only: one that nobody holds would be waited for anew at each start, since
   * only waiting shows that it is not renewed. Never rejects: the next look finds what is left.
   */
  async clear(signal: AbortSignal): Promise<void> {
    const goLeader = this.#goLeader.sightings.get(goLeaderLease);
    const isOver = goLeader && goLeader.lease.holder !== "" && !isHeld(goLeader, this.#sentAt);
    if (isOver && !this.#hasClearedGoLeader) {
      this.#hasClearedGoLeader = true; // once: we may not be allowed to
      await this.#delete(goLeader.lease, signal);
    }
    for (const sighting of this.#members.sightings.values()) {
      if (this.#isLongDead(sighting)) await this.#delete(sighting.lease, signal);
    }
  }

  #isLongDead(sighting: Sighting): boolean {
    const { self, takeoverDelayMs } = this.#options;
    if (sighting.lease.name === leaseName(self)) return false;
    const lengthMs = endOf(sighting) - sighting.changedAt;
    const keptMs = Math.max(keptLengths * lengthMs, takeoverDelayMs);
    return this.#sentAt >= endOf(sighting) + keptMs;
  }

  async #delete(lease: Lease, signal: AbortSignal): Promise<void> {
    await this.#options.leases.delete(lease, signal).catch(() => {});
  }
}
