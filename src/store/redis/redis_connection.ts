import type { Clock } from "../../core/clock.ts";
import { StepError } from "../../core/step_error.ts";
import {
  createRedisClient,
  type RedisAccess,
  type RedisClient,
  timeoutMs,
} from "./redis_client.ts";
import { isAnswer, type RedisFault, redisFault, slowFault } from "./redis_fault.ts";
import { storageError } from "../storage_error.ts";

/** How often a call is sent whose connection is lost meanwhile; what is sent must bear to be sent twice. */
const maxTries = 3;

interface Session {
  readonly client: RedisClient;
  /** Settles when nothing of the client is open any more. */
  readonly ended: Promise<void>;
}

/**
 * The way to Redis. Connects when it is needed, and anew after a connection was lost, so that whoever calls waits for
 * seconds at most, learns of an outage, and goes on by itself after it.
 */
export class RedisConnection {
  readonly #access: () => Promise<RedisAccess>;
  readonly #clock: Pick<Clock, "now">;
  #session: Session | undefined;
  #connecting: Promise<Session> | undefined;
  /** Of sessions that are not used any more and still close. */
  readonly #ending = new Set<Promise<void>>();
  #isClosed = false;

  /** @param access is asked before every connection: a password may have changed */
  constructor(access: () => Promise<RedisAccess>, clock: Pick<Clock, "now">) {
    this.#access = access;
    this.#clock = clock;
  }

  /**
   * Sends commands, and sends them again over another connection if theirs is lost meanwhile.
   *
   * @param action `Cannot VERB "key"`
   * @throws {StepError} class `storage`
   */
  async run<Result>(
    action: string,
    send: (client: RedisClient) => Promise<Result>,
  ): Promise<Result> {
    const startedAt = this.#clock.now();
    for (let tries = 1;; tries++) {
      const session = await this.#open(action);
      try {
        return await send(session.client);
      } catch (error) {
        const fault = this.#faultOf(error, startedAt);
        if (!fault) throw error;
        if (fault.isLost) this.#drop(session);
        if (!fault.isLost || fault.wasSlow || tries === maxTries) {
          throw storageError(`${action} in Redis: ${fault.state}`);
        }
      }
    }
  }

  /** A call may learn of a silent server by what another one has done about it: that the connection is closed. */
  #faultOf(error: unknown, startedAt: number): RedisFault | undefined {
    const fault = redisFault(error);
    const isLate = this.#clock.now() - startedAt >= timeoutMs;
    return fault?.isLost && isLate && !isAnswer(error) ? slowFault : fault;
  }

  /** Makes the next call use another connection: what came over this one was damaged. */
  renew(): void {
    if (this.#session) this.#drop(this.#session);
  }

  /** Afterwards nothing is open; further calls fail. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#connecting?.catch(() => {});
    this.renew();
    await Promise.all(this.#ending);
  }

  async #open(action: string): Promise<Session> {
    if (this.#isClosed) throw storageError(`${action} in Redis: the store is closed`);
    if (this.#session) return this.#session;
    this.#connecting ??= this.#connect().finally(() => this.#connecting = undefined);
    try {
      return await this.#connecting;
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      throw storageError(`${action} in Redis: ${error.message}`);
    }
  }

  /** @throws {StepError} with no more than the state as its message */
  async #connect(): Promise<Session> {
    const access = await this.#access();
    const client = await createRedisClient(access);
    const ended = new Promise<void>((resolve) => client.once("end", () => resolve()));
    const session = { client, ended };
    let reason: unknown; // The promise only says that the connection is closed.
    for (const event of ["error", "node error"]) {
      client.on(event, (error: unknown) => reason = error);
    }
    try {
      await client.connect();
      await selectDatabase(client, access.address.database);
    } catch (error) {
      this.#drop(session);
      if (error instanceof StepError) throw error;
      const fault = redisFault(reason) ?? redisFault(error);
      throw fault ? storageError(fault.state) : error;
    }
    this.#session = session;
    void ended.then(() => this.#drop(session));
    return session;
  }

  #drop(session: Session): void {
    if (this.#session === session) this.#session = undefined;
    // A client that has ended would start a timer that nothing stops.
    if (["close", "end", "disconnecting"].includes(session.client.status)) return;
    session.client.disconnect();
    const ending = session.ended.finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}

/** By the library's own option a database that is not there would go unnoticed, and another one be used. */
async function selectDatabase(client: RedisClient, database: number): Promise<void> {
  if (database === 0) return;
  try {
    await client.call("select", database);
  } catch (error) {
    if (!isAnswer(error) || !error.message.startsWith("ERR ")) throw error;
    throw storageError(`it has no database ${database}; correct REDIS_URL`);
  }
}
