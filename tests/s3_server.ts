import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { fileURLToPath } from "node:url";
import { buildPrograms } from "./cluster/build_programs.ts";
import { runCommand } from "./run_command.ts";
import { s3TestCredentials } from "./store/s3_values.ts";

const scripts = fileURLToPath(new URL("cluster/", import.meta.url));

/** A real S3 server, versitygw, with a directory of its own. Its buckets are directories of `data`. */
export class S3Server implements AsyncDisposable {
  readonly url: string;
  readonly #directory: string;

  private constructor(directory: string, url: string) {
    this.#directory = directory;
    this.url = url;
  }

  /** Starts one on a free port of 127.0.0.1. */
  static async start(): Promise<S3Server> {
    await buildPrograms(["versitygw"]);
    const directory = await Deno.makeTempDir({ prefix: "s3-" });
    const url = await startIn(directory);
    return new S3Server(directory, url);
  }

  /** Where the objects are, as files `{bucket}/{key}`. */
  get data(): string {
    return `${this.#directory}/data`;
  }

  /** A client that may do everything; to be destroyed. */
  client(): S3Client {
    return new S3Client({
      endpoint: this.url,
      region: "us-east-1",
      forcePathStyle: true,
      credentials: s3TestCredentials,
    });
  }

  /** Makes a bucket. */
  async makeBucket(name: string): Promise<void> {
    const client = this.client();
    await client.send(new CreateBucketCommand({ Bucket: name }));
    client.destroy();
  }

  /** Ends the process; the objects stay. */
  async stop(): Promise<void> {
    await runCommand(`${scripts}stop-s3.sh`, { args: [this.#directory] });
  }

  /** Starts it again under the same URL. */
  async restart(): Promise<void> {
    await startIn(this.#directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await Deno.remove(this.#directory, { recursive: true });
  }
}

function startIn(directory: string): Promise<string> {
  return runCommand(`${scripts}start-s3.sh`, {
    args: [directory],
    env: { VGW_KEEP_ALIVE: "true" },
  });
}
