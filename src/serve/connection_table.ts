/**
 * What a connection is doing: waiting for the next request, in the middle of a head (or new and silent), or being
 * answered.
 */
export type ConnectionPhase = "idle" | "reading" | "answering";

/** What one listening port may hold; times are milliseconds. */
export interface ConnectionLimits {
  /** Connections at once. */
  readonly connections: number;
  /** From accept or the first byte of a request to the end of its head. */
  readonly headMs: number;
  /** Between two requests. */
  readonly idleMs: number;
  /** Without one byte taken by the client while it is being answered. */
  readonly stallMs: number;
}

/** Why the server closes a connection by itself. */
export type CutReason = "head-timeout" | "idle" | "stalled" | "surplus";

/** A connection to close, and why. */
export interface Cut<Connection> {
  readonly connection: Connection;
  readonly reason: CutReason;
}

/**
 * Who is connected, in which phase and since when; decides who has to go. A `Map` keeps the order in which its members
 * entered, so the one that is longest without progress is always the first, and no connection needs a timer of its own.
 */
export class ConnectionTable<Connection> {
  readonly #limits: ConnectionLimits;
  readonly #phases: Readonly<Record<ConnectionPhase, Map<Connection, number>>> = {
    idle: new Map(),
    reading: new Map(),
    answering: new Map(),
  };

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  get size(): number {
    const { idle, reading, answering } = this.#phases;
    return idle.size + reading.size + answering.size;
  }

  /** Puts a connection into a phase; into the one it is in already: notes progress. */
  enter(connection: Connection, phase: ConnectionPhase, now: number): void {
    this.leave(connection);
    this.#phases[phase].set(connection, now);
  }

  leave(connection: Connection): void {
    const { idle, reading, answering } = this.#phases;
    idle.delete(connection) || reading.delete(connection) || answering.delete(connection);
  }

  count(phase: ConnectionPhase): number {
    return this.#phases[phase].size;
  }

  in(phase: ConnectionPhase): readonly Connection[] {
    return [...this.#phases[phase].keys()];
  }

  /**
   * The connection to close so that the bound holds. Those being answered may take three quarters of it: neither clients
   * that do not read keep new ones out, nor do silent ones cut a slow download.
   */
  surplus(): Connection | undefined {
    const { idle, reading, answering } = this.#phases;
    const { connections } = this.#limits;
    if (answering.size > connections * 0.75) return oldest(answering);
    if (this.size <= connections) return undefined;
    return oldest(idle) ?? oldest(reading) ?? oldest(answering);
  }

  /** Every connection whose time is over. */
  expired(now: number): readonly Cut<Connection>[] {
    const { idle, reading, answering } = this.#phases;
    const { idleMs, headMs, stallMs } = this.#limits;
    return [
      ...expiredOf(idle, now - idleMs, "idle"),
      ...expiredOf(reading, now - headMs, "head-timeout"),
      ...expiredOf(answering, now - stallMs, "stalled"),
    ];
  }
}

function oldest<Connection>(phase: Map<Connection, number>): Connection | undefined {
  return phase.keys().next().value;
}

function expiredOf<Connection>(
  phase: Map<Connection, number>,
  before: number,
  reason: CutReason,
): readonly Cut<Connection>[] {
  const cuts: Cut<Connection>[] = [];
  for (const [connection, since] of phase) {
    if (since > before) break;
    cuts.push({ connection, reason });
  }
  return cuts;
}
