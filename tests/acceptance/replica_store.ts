import { S3Server } from "../s3_server.ts";
import { s3TestCredentials } from "../store/s3_values.ts";
import { type ReplicasOptions, ReplicasWorld } from "./replicas_world.ts";

/** Replicas over one bucket, over a volume each or over one that all mount. */
export type ReplicaStoreKind = "a bucket" | "a volume each" | "one volume";

/** Every kind. */
export const replicaStoreKinds = ["a bucket", "a volume each", "one volume"] as const;

/** The store of some replicas. */
export interface ReplicaStore extends AsyncDisposable {
  /** The settings of a replica. */
  readonly environment: ReplicasOptions["environment"];
  /** The replica's volume is gone for good, if it had one of its own. */
  lose(name: string): Promise<void>;
}

/** Runs a story of replicas over a store. */
export async function overStore(
  kind: ReplicaStoreKind,
  options: Omit<ReplicasOptions, "environment">,
  story: (world: ReplicasWorld, store: ReplicaStore) => Promise<void>,
): Promise<void> {
  await using store = await openReplicaStore(kind);
  const { environment } = store;
  await ReplicasWorld.run({ ...options, environment }, (world) => story(world, store));
}

/** A new, empty store. */
export function openReplicaStore(kind: ReplicaStoreKind): Promise<ReplicaStore> {
  return kind === "a bucket" ? openBucket() : openVolumes(kind === "one volume");
}

/** The settings of a replica whose store is a bucket `artifacts`. */
export function bucketSettings({ url }: S3Server): Record<string, string> {
  return {
    STORAGE_BACKEND: "s3",
    S3_ENDPOINT: url,
    S3_BUCKET: "artifacts",
    S3_URL_MODE: "gateway",
    S3_ACCESS_KEY_ID: s3TestCredentials.accessKeyId,
    S3_SECRET_ACCESS_KEY: s3TestCredentials.secretAccessKey,
  };
}

async function openBucket(): Promise<ReplicaStore> {
  const server = await S3Server.start();
  await server.makeBucket("artifacts");
  return {
    environment: () => bucketSettings(server),
    lose: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function openVolumes(isShared: boolean): Promise<ReplicaStore> {
  const volumes = await Deno.makeTempDir({ prefix: "volumes-" });
  const volumeOf = (name: string) => `${volumes}/${isShared ? "shared" : name}`;
  return {
    environment: (name) => ({ STORAGE_BACKEND: "pvc", PVC_STORAGE_PATH: volumeOf(name) }),
    async lose(name) {
      if (!isShared) await Deno.remove(volumeOf(name), { recursive: true });
    },
    [Symbol.asyncDispose]: () => Deno.remove(volumes, { recursive: true }),
  };
}
