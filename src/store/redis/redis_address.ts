import { storageError } from "../storage_error.ts";

/** Where Redis is, as `REDIS_URL` says it. */
export interface RedisAddress {
  readonly kind: "single" | "sentinel" | "cluster";
  /** Of the server, the Sentinels or some nodes of the cluster; empty for a socket. */
  readonly hosts: readonly RedisHost[];
  /** Of a Unix socket. */
  readonly path?: string;
  /** What the Sentinels call the master. */
  readonly master?: string;
  readonly database: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls: boolean;
}

/** One server. */
export interface RedisHost {
  readonly host: string;
  readonly port: number;
}

const pattern =
  /^(redis|valkey)(s?)(?:\+(sentinel|cluster|unix))?:\/\/(?:([^/?#]*)@)?([^@/?#]*)(\/[^?#]*)?$/;
const hostPattern = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_.-]+))(?::([0-9]{1,5}))?$/;

/**
 * Reads `REDIS_URL`: `redis://user:password@host:6379/0`, with `rediss:` over TLS; `redis+unix:///path`;
 * `redis+sentinel://host:26379,host/master/0`; `redis+cluster://host,host`. User and password are percent-encoded.
 * `valkey` may stand for `redis`.
 *
 * @throws {StepError} class `storage` without any part of the URL
 */
export function parseRedisUrl(url: string): RedisAddress {
  if (url === "") throw refusal("it is not set");
  // A secret that was written with an editor ends in a line feed.
  const match = pattern.exec(url.trim().replace(/^valkey(s?)([+:])/, "redis$1$2"));
  if (!match) throw refusal("it is no such URL; user and password must be percent-encoded");
  const [, , tls, kind, userInfo, hosts = "", path = ""] = match;
  const common = { tls: tls === "s", ...credentials(userInfo) };
  if (kind === "unix") return socketAddress({ hosts, path }, common);
  return { ...common, ...parseHosts(hosts, kind), ...parsePath(path, kind) };
}

function socketAddress(
  { hosts, path }: { readonly hosts: string; readonly path: string },
  common: Pick<RedisAddress, "tls" | "username" | "password">,
): RedisAddress {
  if (hosts !== "") throw refusal("a socket has no host; three slashes come before its path");
  if (path.length < 2) throw refusal("it has no path of a socket");
  if (common.tls) throw refusal("there is no TLS over a socket");
  return { ...common, kind: "single", hosts: [], path: decode(path), database: 0 };
}

function parseHosts(
  text: string,
  kind: string | undefined,
): Pick<RedisAddress, "kind" | "hosts"> {
  const hosts = text.split(",").map((each) =>
    parseHost(each, kind === "sentinel" ? 26_379 : 6_379)
  );
  if (kind === "sentinel" || kind === "cluster") return { kind, hosts };
  if (hosts.length > 1) {
    throw refusal("it has several hosts, which only redis+sentinel and redis+cluster can have");
  }
  return { kind: "single", hosts };
}

function parseHost(text: string, defaultPort: number): RedisHost {
  const match = hostPattern.exec(text);
  const port = Number(match?.[3] ?? defaultPort);
  if (!match || port < 1 || port > 65_535) throw refusal("a host or port in it is none");
  return { host: (match[1] ?? match[2])!, port };
}

function parsePath(
  path: string,
  kind: string | undefined,
): Pick<RedisAddress, "database" | "master"> {
  const parts = path.split("/").slice(1).map(decode).filter((part) => part !== "");
  const master = kind === "sentinel" ? parts.shift() : undefined;
  if (kind === "sentinel" && master === undefined) {
    throw refusal("the name of the master is missing");
  }
  const [database = "0", ...more] = parts;
  if (more.length > 0 || !/^[0-9]{1,5}$/.test(database)) {
    throw refusal("the database in it is no number");
  }
  if (kind === "cluster" && database !== "0") throw refusal("a cluster has only database 0");
  return { database: Number(database), ...(master === undefined ? {} : { master }) };
}

function credentials(text: string | undefined): Pick<RedisAddress, "username" | "password"> {
  if (text === undefined) return {};
  const colon = text.indexOf(":");
  const username = decode(colon < 0 ? text : text.slice(0, colon));
  const password = colon < 0 ? "" : decode(text.slice(colon + 1));
  return { ...(username === "" ? {} : { username }), ...(password === "" ? {} : { password }) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refusal("a percent sign in it begins no encoded character");
  }
}

function refusal(state: string): Error {
  return storageError(
    `Cannot use REDIS_URL: ${state}; write redis://host:6379/0, rediss://host:6379, redis+unix:///path, redis+sentinel://host:26379,host:26379/master or redis+cluster://host:6379,host:6379`,
  );
}
