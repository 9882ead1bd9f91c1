import type { Clock } from "../core/clock.ts";
import { pause } from "../core/pause.ts";
import type { Peer } from "../core/peer.ts";
import type { Leases } from "../objects/leases.ts";
import { ObjectsUnavailableError } from "../objects/objects.ts";
import { candidatesOf } from "./candidates.ts";
import { compareMembers, isLaterReplica } from "./compare_members.ts";
import { isRefusal, judgeRefusal, type RefusalVerdict } from "./judge_refusal.ts";
import { Lookout } from "./lookout.ts";
import type { Member } from "./member.ts";
import type { Members, MembersChange, MemberState } from "./members.ts";
import { OwnLease, type RenewalOutcome } from "./own_lease.ts";
import { emptyRing, isSameView, ownerEndedIn, ownerIn, ownsIn, type Ring, ringOf } from "./ring.ts";

/** @see Membership */
export interface MembershipOptions {
  readonly leases: Leases;
  readonly member: Omit<Member, "view" | "acquiredAt">;
  /** Length of a lease; others can be told whole seconds only. */
  readonly durationMs: number;
  readonly takeoverDelayMs: number;
  /** Monotonic, and goes on while the process or the machine sleeps: no step of the wall clock may lengthen a lease. */
  readonly clock: Clock;
  /** Milliseconds since the epoch, for what people read in a Lease. */
  readonly wallNow: () => number;
  /** Told in words what fails, each problem once. */
  readonly onProblem: (message: string) => void;
}

const nobody: readonly string[] = [];

interface Snapshot {
  readonly ring: Ring;
  readonly term: number;
  readonly state: MemberState;
  readonly mayWrite: boolean;
}

/** What listeners are told of; the rest of a ring explains it. */
const printOf = ({ ring: { candidates, announced, live }, term, state, mayWrite }: Snapshot) =>
  JSON.stringify([candidates, announced, live, term, state, mayWrite]);

/**
 * Holds our Lease and watches those of the others (DESIGN §10). A round each third of a lease: look (list, and read the Go
 * leader's Lease), give up what others now own, then renew, which tells the others whom we go by; what was gained is taken
 * on after one more look. So a joining member begins with a source when its owner has said that it does not work on it any
 * more, and of two that announce the same at least one sees the other's.
 */
export class Membership implements Members {
  readonly name: string;
  readonly #options: MembershipOptions;
  readonly #own: OwnLease;
  readonly #lookout: Lookout;
  readonly #listeners = new Set<(change: MembersChange) => void>();
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #candidates = nobody;
  #announced = nobody;
  /** What was announced before the latest look was sent: whoever joined until then has shown up in it. */
  #confirmed = nobody;
  #refusal: { readonly since: number; readonly verdict: RefusalVerdict } | undefined;
  #problem: string | undefined;
  #isReleased = false;
  #told: Snapshot;
  #cancelNotice = () => {};

  constructor(options: MembershipOptions) {
    const { leases, member, durationMs, takeoverDelayMs, clock, wallNow } = options;
    const now = () => clock.now();
    this.name = member.name;
    this.#options = options;
    this.#own = new OwnLease({ leases, member, durationMs, takeoverDelayMs, now, wallNow });
    this.#lookout = new Lookout({
      ...{ leases, self: member.name, scope: member.scope, takeoverDelayMs, clock },
      blindAfterMs: durationMs / 2, // a look has failed
    });
    this.#told = { ring: emptyRing(member.name), term: 0, state: "starting", mayWrite: false };
  }

  /** Begins to look and to renew, until `release()`. */
  start(): void {
    this.#running ??= this.#run(this.#stopping.signal);
  }

  /**
   * Gives the Lease back, so that others take over without waiting for its end. To be called after the last write, because
   * from now on nothing may be written. Never rejects: at worst the others wait.
   */
  async release(): Promise<void> {
    this.#isReleased = true;
    this.#stopping.abort();
    await this.#running;
    this.#cancelNotice();
    this.#tell();
    this.#listeners.clear();
    if (this.#refusal) return;
    await this.#own.release().catch((error) => this.#report(error));
  }

  get state(): MemberState {
    if (this.#isReleased) return "released";
    if (this.#refusal && this.#refusal.verdict !== "wait") return this.#refusal.verdict;
    if (this.#lookout.isGoLeading) return "yielding";
    if (this.#own.isTaken) return "taken";
    if (this.#own.term === 0) return "starting";
    if (!this.mayWrite()) return "lapsed";
    return this.#candidates.includes(this.name) ? "member" : "standby";
  }

  peers(): readonly Peer[] {
    return this.#lookout.roster.live
      .flatMap(({ name, identity, address }) =>
        address ? [{ name, instance: identity, ...address }] : []
      )
      .toSorted((left, right) => compareMembers(left.name, right.name));
  }

  owns(uid: string): boolean {
    return this.#isIn && ownsIn(this.#told.ring, uid);
  }

  mayWrite(): boolean {
    if (this.#isReleased || this.#lookout.isGoLeading) return false;
    return this.#isAlone || this.#options.clock.now() < this.#own.writeEndsAt;
  }

  hold(uid: string): () => boolean {
    const { term } = this.#own;
    return () => term === this.#own.term && this.mayWrite() && this.owns(uid);
  }

  ownerOf(uid: string): string | undefined {
    return ownerIn(this.#told.ring, uid);
  }

  msSinceOwnerEnded(uid: string): number | undefined {
    const endedAt = ownerEndedIn(this.#told.ring, uid);
    return endedAt === undefined ? undefined : this.#options.clock.now() - endedAt;
  }

  onChange(listener: (change: MembersChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get #isAlone(): boolean {
    return this.#refusal?.verdict === "alone";
  }

  /** Whether the others still count on us. */
  get #isIn(): boolean {
    return !this.#isReleased && (this.#isAlone || this.#own.isLive);
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waitMs = await this.#round(signal);
      if (waitMs > 0) await pause(waitMs, this.#options.clock, signal);
    }
  }

  /** One round; milliseconds until the next. */
  async #round(signal: AbortSignal): Promise<number> {
    const startedAt = this.#options.clock.now();
    const failures: unknown[] = [];
    const attempt = <T>(call: Promise<T>) =>
      call.catch((error) => {
        failures.push(error);
        return undefined;
      });
    const hasLooked = await attempt(this.#look(signal));
    const outcome = hasLooked || this.#own.isLive
      ? await attempt(this.#renew(hasLooked === true, signal))
      : undefined;
    if (signal.aborted) return 0;
    this.#judge(failures);
    this.#tell();
    if (outcome === "held" && hasLooked) await this.#lookout.clear(signal);
    return this.#nextRound({ startedAt, outcome, failures });
  }

  async #look(signal: AbortSignal): Promise<true> {
    const { member, takeoverDelayMs, clock } = this.#options;
    const announced = this.#announced;
    await this.#lookout.look(this.#candidates, signal);
    this.#confirmed = announced;
    const { roster, isGoLeading } = this.#lookout;
    const { acquiredAt = Infinity } = this.#own;
    const candidates = isGoLeading ? nobody : candidatesOf({
      self: { name: this.name, isShared: member.isShared, acquiredAt },
      ...{ roster, takeoverDelayMs, now: clock.now() },
    });
    if (!isSameView(candidates, this.#candidates)) this.#candidates = candidates;
    this.#tell(); // what others own now is given up before they hear of it
    return true;
  }

  async #renew(hasLooked: boolean, signal: AbortSignal): Promise<RenewalOutcome> {
    const own = this.#own;
    const found = hasLooked ? this.#lookout.found : own.found;
    const view = this.#candidates;
    const acquired = this.#lookout.roster.live.map(({ acquiredAt }) => acquiredAt);
    const youngest = Math.max(0, ...acquired);
    const outcome = await own.write(found, { view, youngest }, signal);
    this.#announced = outcome === "held" ? view : nobody;
    if (outcome !== "held") this.#confirmed = nobody;
    return outcome;
  }

  #judge(failures: readonly unknown[]): void {
    const { clock, durationMs, member } = this.#options;
    for (const error of failures) this.#report(error);
    if (failures.length === 0) this.#problem = undefined;
    const error = failures.find(isRefusal);
    if (failures.length === 0 || this.#own.term > 0) this.#refusal = undefined;
    else if (error !== undefined) {
      const since = this.#refusal?.since ?? clock.now();
      const expectsOthers = member.isShared || isLaterReplica(this.name) ||
        this.#lookout.roster.live.length > 0;
      const sinceMs = clock.now() - since;
      this.#refusal = {
        since,
        verdict: judgeRefusal({ error, sinceMs, durationMs, expectsOthers }),
      };
    }
  }

  #nextRound({ startedAt, outcome, failures }: {
    readonly startedAt: number;
    readonly outcome: RenewalOutcome | undefined;
    readonly failures: readonly unknown[];
  }): number {
    const { clock, durationMs } = this.#options;
    const roundMs = durationMs / 3;
    if (failures.length === 0) {
      // To announce whom we go by, and to see who has done so too.
      if (outcome === "new" || this.#announced !== this.#confirmed) return 0;
      const next = Math.min(startedAt + roundMs, this.#lookout.nextEnd);
      return Math.max(1, next - clock.now());
    }
    if (this.#refusal && this.#refusal.verdict !== "wait") return roundMs;
    const asked = failures.map((error) =>
      error instanceof ObjectsUnavailableError ? error.retryAfterMs ?? 0 : 0
    );
    return Math.min(roundMs, Math.max(roundMs / 10, ...asked));
  }

  get #ring(): Ring {
    const { roster: { live, ended } } = this.#lookout;
    const self = this.name;
    if (this.#isAlone) return ringOf({ self, candidates: [self], announced: [self], live, ended });
    const announced = this.#isIn ? this.#confirmed : [];
    return ringOf({ self, candidates: this.#candidates, announced, live, ended });
  }

  #tell(): void {
    const before = this.#told;
    const { term } = this.#own;
    this.#told = { ring: this.#ring, term, state: this.state, mayWrite: this.mayWrite() };
    this.#scheduleNotice();
    if (printOf(before) === printOf(this.#told)) return;
    const { ring: after, state, mayWrite } = this.#told;
    for (const listener of this.#listeners) {
      listener({ before: before.ring, after, state, mayWrite });
    }
  }

  /** For when nothing is heard: to stop is nothing that may wait for an answer. */
  #scheduleNotice(): void {
    const { clock } = this.#options;
    this.#cancelNotice();
    const now = clock.now();
    const next = [this.#own.writeEndsAt, this.#own.endsAt].find((at) => at > now);
    this.#cancelNotice = next === undefined || this.#isReleased
      ? () => {}
      : clock.schedule(() => this.#tell(), next - now);
  }

  #report(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (message === this.#problem) return;
    this.#problem = message;
    this.#options.onProblem(message);
  }
}
