import { randomUUID } from "node:crypto";
import { StepError } from "../core/step_error.ts";
import { fileErrorState } from "../core/file_error.ts";
import { parseRedisUrl, type RedisAddress } from "./redis/redis_address.ts";
import type { RedisAccess } from "./redis/redis_client.ts";
import { RedisConnection } from "./redis/redis_connection.ts";
import { RedisNames } from "./redis/redis_layout.ts";
import { RedisStore } from "./redis/redis_store.ts";
import { storageError } from "./storage_error.ts";
import { defineStore } from "./store_definition.ts";

/** `STORAGE_BACKEND=redis`: a Redis or Valkey server, Sentinels or a cluster. */
export const redis = defineStore({
  settings: {
    redisUrl: {
      type: "string",
      default: "",
      description:
        "Where Redis is: redis://user:password@host:6379/0, rediss:// over TLS, redis+unix:///path of a socket, redis+sentinel://host:26379,host:26379/master/0 or redis+cluster://host:6379,host:6379 (rediss+… over TLS); user and password percent-encoded.",
      variable: "REDIS_URL",
      secret: true,
    },
    redisPasswordFile: {
      type: "string",
      default: "",
      description:
        "File with the password, instead of one in REDIS_URL; read again for every connection.",
      variable: "REDIS_PASSWORD_FILE",
    },
    redisSentinelPassword: {
      type: "string",
      default: "",
      description: "Password of the Sentinels themselves, if they want one.",
      variable: "REDIS_SENTINEL_PASSWORD",
      secret: true,
    },
    redisCaFile: {
      type: "string",
      default: "",
      description:
        "PEM file with the authorities that certify Redis, instead of the public ones; read again for every connection.",
      variable: "REDIS_CA_FILE",
    },
    redisPrefix: {
      type: "string",
      default: "externalsource:",
      description:
        "What every key in Redis begins with; controllers with different ones share a server.",
      variable: "REDIS_PREFIX",
      pattern: {
        expression: /^[^{}\s]{0,128}$/,
        words: "at most 128 characters without braces and space",
      },
    },
    redisMaxArtifactSize: {
      type: "size",
      default: 64 * 2 ** 20,
      minimum: 1,
      maximum: 512 * 2 ** 20,
      description: "Artifacts above this are refused: Redis keeps them in memory.",
      variable: "REDIS_MAX_ARTIFACT_SIZE",
    },
    redisWaitReplicas: {
      type: "integer",
      default: 0,
      minimum: 0,
      maximum: 16,
      description:
        "How many replicas of Redis must have an artifact before it is published; with 0 a failover may lose the newest.",
      variable: "REDIS_WAIT_REPLICAS",
    },
  },
  durable: true,
  shared: true,
  location: {
    form: "redis://host:6379/0",
    read: (text) => /^(redis|valkey)s?(\+[a-z]+)?:\/\//.test(text) ? { redisUrl: text } : undefined,
  },
  mistakes({ redisUrl, redisCaFile }) {
    try {
      const { tls } = parseRedisUrl(redisUrl);
      if (redisCaFile === "" || tls) return [];
      return ["Cannot use REDIS_CA_FILE: REDIS_URL is without TLS; write rediss://"];
    } catch (error) {
      if (error instanceof StepError) return [error.message];
      throw error;
    }
  },
  async open(values, clock) {
    const address = parseRedisUrl(values.redisUrl);
    const access = () => readAccess(address, values);
    await access(); // A file that cannot be read is a mistake to be told at the start.
    return new RedisStore({
      connection: new RedisConnection(access, clock),
      clock,
      newUpload: () => randomUUID(),
      names: new RedisNames(values.redisPrefix),
      maxArtifactBytes: values.redisMaxArtifactSize,
      waitReplicas: values.redisWaitReplicas,
    });
  },
});

interface AccessFiles {
  readonly redisPasswordFile: string;
  readonly redisSentinelPassword: string;
  readonly redisCaFile: string;
}

async function readAccess(address: RedisAddress, values: AccessFiles): Promise<RedisAccess> {
  const password = await readFile("REDIS_PASSWORD_FILE", values.redisPasswordFile);
  const { redisSentinelPassword } = values;
  return {
    address,
    password: password?.replace(/\r?\n$/, "") ?? address.password,
    sentinelPassword: redisSentinelPassword === "" ? undefined : redisSentinelPassword,
    authorities: await readFile("REDIS_CA_FILE", values.redisCaFile),
  };
}

async function readFile(variable: string, path: string): Promise<string | undefined> {
  if (path === "") return undefined;
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const state = fileErrorState(error);
    if (state === undefined) throw error;
    throw storageError(`Cannot read ${variable}: ${state}`);
  }
}
