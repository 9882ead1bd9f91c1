import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { packDocument } from "../../src/pack/pack_document.ts";
import { startHttp, type Upstream } from "../upstream.ts";

/** A version of one of the documents. */
export interface DocumentVersion {
  readonly name: string;
  /** 0, 1, … */
  readonly version: number;
}

/** Bytes of the documents, which cannot be compressed: most are small, as they are with users. */
const sizes = [
  ...[1_000, 1_000, 2_000, 2_000, 3_000, 4_000, 4_000, 6_000, 8_000, 8_000, 12_000, 16_000],
  ...[30_000, 40_000, 60_000, 80_000, 120_000, 400_000, 1_000_000, 3_000_000],
];

/** Documents of 1 KB to 3 MB behind HTTP, one at every path, of which it is known beforehand what is to be published of them. */
export class FaultDocuments implements AsyncDisposable {
  readonly names: readonly string[];
  readonly #sizes: ReadonlyMap<string, number>;
  readonly #noise = new Uint8Array(Math.max(...sizes));
  readonly #directory: string;
  readonly #versions = new Map<string, number>();
  /** By digest of the artifact. */
  readonly #known = new Map<string, DocumentVersion>();
  /** By name, in order of the versions. */
  readonly #digests = new Map<string, string[]>();
  /** By ETag: how often it was sent in full. */
  readonly #sent = new Map<string, number>();
  #server!: Upstream;

  private constructor(directory: string) {
    this.#directory = directory;
    this.names = sizes.map((size, index) => `document-${index}-${size}`);
    this.#sizes = new Map(this.names.map((name, index) => [name, sizes[index]!]));
    for (let at = 0; at < this.#noise.length; at += 65_536) {
      crypto.getRandomValues(this.#noise.subarray(at, at + 65_536));
    }
  }

  static async start(): Promise<FaultDocuments> {
    const documents = new FaultDocuments(await Deno.makeTempDir());
    for (const name of documents.names) await documents.#add(name, 0);
    documents.#server = await startHttp((request, response) =>
      documents.#answer(request, response)
    );
    return documents;
  }

  get origin(): string {
    return this.#server.origin;
  }

  /** Makes other documents of these. */
  async change(names: readonly string[]): Promise<void> {
    for (const name of names) await this.#add(name, this.versionOf(name) + 1);
  }

  versionOf(name: string): number {
    return this.#versions.get(name)!;
  }

  /** Of what an artifact with that digest is made; undefined: of no document that there ever was. */
  documentOf(digest: string): DocumentVersion | undefined {
    return this.#known.get(digest);
  }

  /** The digest of the artifact of a document as it is now. */
  newestDigest(name: string): string {
    return this.#digests.get(name)!.at(-1)!;
  }

  /** How often the document as it is now was sent in full. */
  timesSent(name: string): number {
    return this.#sent.get(this.#etagOf(name)) ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await Deno.remove(this.#directory, { recursive: true });
  }

  async #add(name: string, version: number): Promise<void> {
    const bytes = this.#bytesOf(name, version);
    const [file, outputFile] = [`${this.#directory}/document`, `${this.#directory}/artifact`];
    await Deno.writeFile(file, bytes);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const document = { file, size: bytes.length, sha256 };
    const { digest } = await packDocument(document, { path: "data", outputFile });
    await Deno.remove(outputFile);
    this.#known.set(digest, { name, version });
    this.#digests.set(name, [...this.#digests.get(name) ?? [], digest]);
    this.#versions.set(name, version);
  }

  #bytesOf(name: string, version: number): Uint8Array {
    const line = new TextEncoder().encode(`${JSON.stringify({ name, version })}\n`);
    const bytes = new Uint8Array(line.length + this.#sizes.get(name)!);
    bytes.set(line);
    bytes.set(this.#noise.subarray(0, bytes.length - line.length), line.length);
    return bytes;
  }

  #etagOf(name: string): string {
    return `"${name}-${this.versionOf(name)}"`;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const name = request.url!.slice(1);
    const etag = this.#etagOf(name);
    const isKnown = request.headers["if-none-match"] === etag;
    response.writeHead(isKnown ? 304 : 200, { etag });
    if (isKnown) return void response.end();
    this.#sent.set(etag, (this.#sent.get(etag) ?? 0) + 1);
    response.end(this.#bytesOf(name, this.versionOf(name)));
  }
}
