import { dirname } from "node:path";
import { isRunning } from "./is_running.ts";
import { runCommand } from "../run_command.ts";
import { S3Server } from "../s3_server.ts";
import { s3TestCredentials } from "../store/s3_values.ts";
import { TcpProxy } from "../proxy/tcp_proxy.ts";

/** A bucket, one volume that all replicas mount, or a volume each. */
export type StoreKind = "s3" | "shared" | "pods";
export const storeKinds: readonly StoreKind[] = ["s3", "shared", "pods"];

const bucket = "artifacts";
const mebibyte = 2 ** 20;
const prefix = "soak-store-";
const unmount = (disk: string) => runCommand("umount", { args: ["--lazy", disk] });

/** Where replicas keep artifacts. Each has a small disk of its own for all that it does not share. */
export class SoakStore implements AsyncDisposable {
  readonly #kind: StoreKind;
  readonly #folder: string;
  readonly #disks: string[] = [];
  readonly #s3: { readonly server: S3Server; readonly proxy: TcpProxy } | undefined;
  readonly #hostname: string;

  private constructor(
    kind: StoreKind,
    { folder, hostname, server }: {
      readonly folder: string;
      readonly hostname: string;
      readonly server: S3Server | undefined;
    },
  ) {
    this.#kind = kind;
    this.#folder = folder;
    this.#hostname = hostname;
    this.#s3 = server && { server, proxy: new TcpProxy(new URL(server.url), hostname) };
  }

  /** @param hostname the address that replicas reach a bucket at */
  static async start(kind: StoreKind, hostname: string): Promise<SoakStore> {
    const folder = await Deno.makeTempDir({ prefix: `${prefix}${Deno.pid}-` });
    await removeLeftovers(dirname(folder));
    const server = kind === "s3" ? await S3Server.start() : undefined;
    await server?.makeBucket(bucket);
    const store = new SoakStore(kind, { folder, hostname, server });
    for (let index = 0; index < 3; index++) await store.#mount(index);
    return store;
  }

  /** What a replica is told of it. */
  environment(index: number): Record<string, string> {
    const own = this.#disks[index]!;
    if (!this.#s3) {
      const volume = this.#kind === "shared" ? `${this.#folder}/shared` : `${own}/artifacts`;
      return { TMPDIR: own, STORAGE_BACKEND: "pvc", PVC_STORAGE_PATH: volume };
    }
    return {
      TMPDIR: own,
      STORAGE_BACKEND: "s3",
      S3_ENDPOINT: `http://${this.#hostname}:${this.#s3.proxy.port}`,
      S3_BUCKET: bucket,
      S3_URL_MODE: "gateway",
      S3_ACCESS_KEY_ID: s3TestCredentials.accessKeyId,
      S3_SECRET_ACCESS_KEY: s3TestCredentials.secretAccessKey,
    };
  }

  /** Fills the disk of a replica to the last byte. */
  async fillDisk(index: number): Promise<void> {
    using file = await Deno.create(this.#filler(index));
    const piece = new Uint8Array(mebibyte);
    try {
      while (true) await file.write(piece);
    } catch (error) {
      if (!/No space left/.test(String(error))) throw error;
    }
  }

  async emptyDisk(index: number): Promise<void> {
    await Deno.remove(this.#filler(index));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const disk of this.#disks) await unmount(disk);
    await this.#s3?.proxy.close();
    await this.#s3?.server[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }

  #filler(index: number): string {
    return `${this.#disks[index]}/filler`;
  }

  async #mount(index: number): Promise<void> {
    const disk = `${this.#folder}/disk-${index}`;
    await Deno.mkdir(disk);
    await runCommand("mount", { args: ["-t", "tmpfs", "-o", "size=256m", "soak", disk] });
    this.#disks.push(disk);
  }
}

/** The disks of runs whose process was killed. */
async function removeLeftovers(parent: string): Promise<void> {
  for await (const { name } of Deno.readDir(parent)) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || await isRunning(Number(pid))) continue;
    const folder = `${parent}/${name}`;
    for await (const { name: disk } of Deno.readDir(folder)) {
      await unmount(`${folder}/${disk}`).catch(() => {}); // the volume that all share is no disk
    }
    await Deno.remove(folder, { recursive: true });
  }
}
