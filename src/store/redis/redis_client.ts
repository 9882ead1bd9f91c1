import type { Buffer } from "node:buffer";
import type { Cluster, Redis } from "ioredis";
import type { RedisAddress } from "./redis_address.ts";

/** What a command takes. */
export type RedisArgument = string | number | Buffer;

/** A client of the library: for one server, found by itself or by Sentinels, or for a cluster. */
export type RedisClient = Redis | Cluster;

/** How to reach and enter Redis. */
export interface RedisAccess {
  readonly address: RedisAddress;
  readonly password: string | undefined;
  readonly sentinelPassword: string | undefined;
  /** PEM. Undefined: the roots of Mozilla. */
  readonly authorities: string | undefined;
}

/** Milliseconds for a connection, TLS included, and for a command. */
export const timeoutMs = 5_000;

/**
 * A client that has not connected yet. It neither connects again by itself nor keeps commands for later: whoever holds it
 * makes another one, with the password of that moment. The library is loaded at the first call.
 */
export async function createRedisClient(access: RedisAccess): Promise<RedisClient> {
  const { Cluster, Redis } = await import("ioredis");
  const { address } = access;
  if (address.kind === "cluster") return new Cluster([...address.hosts], clusterOptions(access));
  if (address.kind === "sentinel") return new Redis(sentinelOptions(access));
  const [first] = address.hosts;
  const given = { ...options(access), enableOfflineQueue: false };
  return first ? new Redis({ ...given, ...first }) : new Redis({ ...given, path: address.path! });
}

function options({ address, password, authorities }: RedisAccess) {
  return {
    ...(address.username === undefined ? {} : { username: address.username }),
    ...(password === undefined ? {} : { password }),
    ...(address.tls ? { tls: authorities === undefined ? {} : { ca: authorities } } : {}),
    lazyConnect: true,
    // RESP2: every version and every proxy has it, and with it the library sends no HELLO.
    protocol: 2 as const,
    disableClientInfo: true,
    // INFO tells a server that is loading; a user need not have it. Such a server says LOADING anyway.
    enableReadyCheck: false,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    // Else a server that went silent would collect the commands of all who come after.
    socketTimeout: timeoutMs,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: null,
  };
}

function sentinelOptions(access: RedisAccess) {
  const { address, sentinelPassword } = access;
  const given = options(access);
  return {
    ...given,
    sentinels: [...address.hosts],
    name: address.master!,
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    ...(given.tls ? { sentinelTLS: given.tls, enableTLSForSentinelMode: true } : {}),
    // They are asked one after the other.
    connectTimeout: Math.ceil(timeoutMs / address.hosts.length),
    sentinelCommandTimeout: Math.ceil(timeoutMs / address.hosts.length),
    sentinelRetryStrategy: () => null,
    enableOfflineQueue: false,
  };
}

function clusterOptions(access: RedisAccess) {
  const { retryStrategy: _, ...redisOptions } = options(access);
  return {
    redisOptions,
    lazyConnect: true,
    enableReadyCheck: false,
    clusterRetryStrategy: null,
    slotsRefreshTimeout: timeoutMs / 2,
    // Times 100 ms: as long as a command may take.
    maxRedirections: 16,
  };
}

/** The servers that take writes, for what has to be asked of each. */
export function mastersOf(client: RedisClient): readonly RedisClient[] {
  return "nodes" in client ? client.nodes("master") : [client];
}
