import type { Clock } from "../core/clock.ts";
import type { Peer } from "../core/peer.ts";
import { StepError } from "../core/step_error.ts";
import type { StoredArtifact } from "../store/artifact_store.ts";
import { askInTurn, type Turns } from "./ask_in_turn.ts";
import { askPeer, type PeerAnswer, type PeerTrust } from "./peer_connection.ts";
import { hopHeader, pullHeader } from "./peer_headers.ts";

/** How the other replicas are reached. */
export interface PeerArtifactsOptions {
  /** Those that live, without this one. */
  peers(): readonly Peer[];
  readonly clock: Clock;
  /** The bearer token of the artifact servers, if they want one. */
  token?(): string | undefined;
  /** How certificates are checked, if the artifact servers have some. */
  trust?(): PeerTrust | undefined;
}

/** DESIGN §8: so long a download waits for peers. */
const openMs = 2_000;
const openHedgeMs = 250;
const replicateMs = 10_000;
const replicateHedgeMs = 3_000;
/** A peer that does not answer may have an artifact; for longer than this nobody is made to wait for it. */
const silentMs = 30_000;
/** Artifacts that are read from peers at once. */
const maxOpen = 32;

/** The artifacts of the other replicas: to be had from there, and to be kept there (DESIGN §8). */
export class PeerArtifacts {
  readonly #options: PeerArtifactsOptions;
  /** Since when, and until when, peers did not answer, by name, in milliseconds since the Unix epoch. */
  readonly #silent = new Map<string, { readonly since: number; readonly until: number }>();
  #open = 0;

  constructor(options: PeerArtifactsOptions) {
    this.#options = options;
  }

  /**
   * An artifact as a peer holds it, unverified; undefined if none does. No peer asks others for it.
   *
   * @param attempt begins with another peer
   * @throws {StepError} class `storage` while a peer that may hold it does not answer, or too many are read
   */
  async open(
    key: string,
    attempt = 0,
    among: readonly Peer[] = this.#options.peers(),
  ): Promise<StoredArtifact | undefined> {
    if (this.#open >= maxOpen) throw unavailable(key, "too many are read from other replicas");
    const { clock } = this.#options;
    const ordered = byOrdinal(among);
    const first = ordered.length === 0 ? 0 : attempt % ordered.length;
    const [answered, refused] = [new Set<string>(), new Set<string>()];
    const found = await askInTurn<Peer, PeerAnswer>({
      items: [...ordered.slice(first), ...ordered.slice(0, first)],
      ask: (peer, signal) =>
        this.#ask(peer, { method: "GET", header: hopHeader, key, signal, answered, refused }),
      ...{ wanted: 1, hedgeMs: openHedgeMs, totalMs: openMs, clock },
      discard: (answer) => answer.close(),
    });
    if (found[0]) return this.#artifact(found[0]);
    if (refused.size > 0 || this.#isUnsure(ordered, answered)) {
      throw unavailable(key, "another replica does not answer");
    }
    return undefined;
  }

  /**
   * Asks peers to hold a copy, those with the lowest ordinal first.
   *
   * @param copies how many there are to be, with the one here
   * @returns how many there are; less if not enough peers took one within 10 s
   */
  async replicate(key: string, copies: number): Promise<number> {
    return 1 + await this.#haveHeld(key, byOrdinal(this.#options.peers()), copies - 1);
  }

  /**
   * Sees that another replica holds an artifact when this one, `self`, is gone. That is the one with the lowest ordinal,
   * which is there last when a StatefulSet is made smaller: others may be about to end as well. It gets a copy if it has
   * none; where it is this one that ends, only if nobody has one.
   *
   * @returns whether one holds it; no if none could be made to within 10 s
   */
  async leave(key: string, self: string): Promise<boolean> {
    const peers = byOrdinal(this.#options.peers());
    const [lowest] = peers;
    if (!lowest) return false;
    const isLast = byOrdinal([{ name: self }, lowest])[0] !== lowest;
    if (isLast && await this.#isHeld(key, peers)) return true;
    return await this.#haveHeld(key, isLast ? peers : [lowest], 1) === 1;
  }

  /** Whether a peer holds a copy, without being asked to. */
  async #isHeld(key: string, peers: readonly Peer[]): Promise<boolean> {
    const held = await this.#count(key, {
      ...{ items: peers, wanted: 1, hedgeMs: openHedgeMs, totalMs: openMs },
      header: hopHeader,
    });
    return held > 0;
  }

  /** How many of the peers hold a copy after they were asked to, one after the other, until so many do. */
  #haveHeld(key: string, peers: readonly Peer[], wanted: number): Promise<number> {
    return this.#count(key, {
      ...{ items: peers, wanted, hedgeMs: replicateHedgeMs, totalMs: replicateMs },
      header: pullHeader,
    });
  }

  async #count(
    key: string,
    { header, ...turns }:
      & Pick<Turns<Peer, PeerAnswer>, "items" | "wanted" | "hedgeMs" | "totalMs">
      & Pick<Question, "header">,
  ): Promise<number> {
    const held = await askInTurn<Peer, PeerAnswer>({
      ...turns,
      ask: (peer, signal) =>
        this.#ask(peer, { method: "HEAD", header, key, signal, answered: new Set() }),
      clock: this.#options.clock,
      discard: (answer) => answer.close(),
    });
    for (const answer of held) answer.close();
    return held.length;
  }

  /** Undefined unless it answers 200. */
  async #ask(peer: Peer, { method, header, key, signal, answered, refused }: Question) {
    const { clock, token, trust } = this.#options;
    const bearer = token?.();
    const headers = {
      [header]: "1",
      ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
    };
    try {
      const request = { method, path: `/${key}`, headers, trust: trust?.(), signal };
      const answer = await askPeer(peer, request, clock);
      const isHere = answer.status === 200 && answer.size !== undefined;
      if (isHere || answer.status === 404) answered.add(peer.name);
      // Tokens do not change everywhere at once: it may have what it does not give yet.
      if (answer.status === 401) refused?.add(peer.name);
      if (isHere) return answer;
      answer.close();
    } catch {
      // It is down, cut off or not of our version; which of them shows in its own metrics and Lease.
    }
    return undefined;
  }

  #artifact(answer: PeerAnswer): StoredArtifact {
    this.#open++;
    let isOpen = true;
    const close = () => {
      if (isOpen) this.#open--;
      isOpen = false;
      answer.close();
    };
    return {
      size: answer.size!,
      stream(range) {
        if (range) throw new TypeError("Cannot read a part of what a peer holds");
        return ReadableStream.from(closing(answer.body(), close));
      },
      close,
    };
  }

  /** Whether one of those that did not answer has been silent for a short time only. */
  #isUnsure(asked: readonly Peer[], answered: ReadonlySet<string>): boolean {
    const now = this.#options.clock.now();
    for (const [name, { until }] of this.#silent) {
      if (answered.has(name) || now - until > silentMs) this.#silent.delete(name);
    }
    const silent = asked.filter(({ name }) => !answered.has(name));
    for (const { name } of silent) {
      this.#silent.set(name, { since: this.#silent.get(name)?.since ?? now, until: now });
    }
    return silent.some(({ name }) => now - this.#silent.get(name)!.since < silentMs);
  }
}

interface Question {
  readonly method: "GET" | "HEAD";
  readonly header: typeof hopHeader | typeof pullHeader;
  readonly key: string;
  readonly signal: AbortSignal;
  /** Gets the name of a peer that says whether it has the artifact. */
  readonly answered: Set<string>;
  /** Gets the name of one that wants another token. */
  readonly refused?: Set<string>;
}

async function* closing(stream: ReadableStream<Uint8Array>, close: () => void) {
  try {
    yield* stream;
  } finally {
    close();
  }
}

/** `web-2` before `web-10`; names without an ordinal come last. */
function byOrdinal<Named extends Pick<Peer, "name">>(peers: readonly Named[]): readonly Named[] {
  const ordinal = ({ name }: Named) => Number(/-([0-9]{1,9})$/.exec(name)?.[1] ?? Infinity);
  const order = (one: Named, other: Named) => {
    if (ordinal(one) !== ordinal(other)) return ordinal(one) - ordinal(other);
    return one.name < other.name ? -1 : 1;
  };
  return peers.toSorted(order);
}

function unavailable(key: string, state: string): StepError {
  return new StepError(`Cannot read "${key}": ${state}`, {
    class: "storage",
    reason: "StorageOperationFailed",
  });
}
