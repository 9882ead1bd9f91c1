import type { SettingValues } from "../../src/core/setting.ts";
import { parseSettings } from "../../src/config/parse_settings.ts";
import { controllerSettings } from "../../src/cli/operator_settings.ts";
import { systemClock } from "../../src/cli/system_clock.ts";
import { storeDefinition } from "../../src/store/registry.ts";
import { startRedis } from "../redis_server.ts";
import { S3Server } from "../s3_server.ts";
import { s3TestCredentials } from "../store/s3_values.ts";
import { fillStore } from "./artifact_tree.ts";
import type { LoadedServer } from "./load.ts";

type Environment = Readonly<Record<string, string>>;

const bucket = "bench";

/** A real S3 server and a real Redis for the bench, and how our artifact server is told of them. */
export interface StoredServices extends AsyncDisposable {
  readonly s3: Environment;
  readonly redis: Environment;
  /** The S3 server itself, as consumers under pre-signed URLs reach it. */
  readonly s3Server: LoadedServer;
  /** Without a leading slash. */
  signedPath(key: string): Promise<string>;
}

/** Starts both. */
export async function startStoredServices(): Promise<StoredServices> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await S3Server.start());
  await server.makeBucket(bucket);
  const redisServer = stack.use(await startRedis());
  const s3 = {
    STORAGE_BACKEND: "s3",
    S3_ENDPOINT: server.url,
    S3_BUCKET: bucket,
    S3_ACCESS_KEY_ID: s3TestCredentials.accessKeyId,
    S3_SECRET_ACCESS_KEY: s3TestCredentials.secretAccessKey,
    S3_URL_MODE: "gateway",
  };
  const redis = {
    STORAGE_BACKEND: "redis",
    REDIS_URL: `redis://127.0.0.1:${redisServer.port}`,
    REDIS_MAX_ARTIFACT_SIZE: "128Mi",
  };
  const store = await openStore(s3);
  stack.defer(() => store.close());
  const running = stack.move();
  return {
    s3,
    redis,
    s3Server: {
      port: Number(new URL(server.url).port),
      pid: Number(await Deno.readTextFile(`${server.data}/../pid`)),
    },
    async signedPath(key) {
      const { pathname, search } = new URL(await store.links!.signedUrl(key, "GET"));
      return `${pathname.slice(1)}${search}`;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Puts every artifact of a directory into the store that an environment names. */
export async function fillService(environment: Environment, directory: string): Promise<void> {
  const store = await openStore(environment);
  await fillStore(store, directory);
  await store.close();
}

function openStore(environment: Environment) {
  const values: SettingValues<typeof controllerSettings> = parseSettings({
    described: controllerSettings,
    arguments: [],
    environment,
    configMap: undefined,
  }).values;
  return storeDefinition(values.storageBackend).open(values, systemClock);
}
