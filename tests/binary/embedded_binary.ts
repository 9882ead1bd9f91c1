import { Buffer } from "node:buffer";

/** What the runtime may be asked for; an empty list is all of it, null nothing. */
export type BakedPermissions = Readonly<Record<string, readonly string[] | boolean | null>>;

/** What `deno compile` has put into a binary, as far as we care. */
export interface EmbeddedBinary {
  readonly permissions: BakedPermissions;
  readonly v8Flags: readonly string[];
  /** Of the program, before those of its user. */
  readonly argv: readonly string[];
  readonly unsafelyIgnoreCertificateErrors: readonly string[] | null;
  readonly environment: Readonly<Record<string, string>>;
  readonly unstable: readonly string[];
  /** Names of the files in it. */
  readonly files: readonly string[];
  /** The text of the one that is run. */
  readonly entrypoint: string;
}

const magic = "d3n0l4ndd3n0l4nd";

/**
 * Reads a binary of Deno 2.9: magic, then lengths as 64-bit little-endian numbers, each before what it is the length of:
 * metadata as JSON, tables of modules, the tree of files as JSON, their contents. Not documented; seen.
 *
 * @throws {TypeError} if it is not laid out so
 */
export async function readBinary(path: string): Promise<EmbeddedBinary> {
  const bytes = Buffer.from(await Deno.readFile(path));
  // The runtime holds it as well, to find what was put into it.
  const start = bytes.lastIndexOf(`${magic}`) + magic.length;
  const metadataEnd = start + 8 + Number(bytes.readBigUInt64LE(start));
  const metadata = JSON.parse(bytes.toString("utf8", start + 8, metadataEnd));
  const treeStart = bytes.indexOf('[{"File"', metadataEnd);
  if (treeStart < 0) throw new TypeError(`Cannot read "${path}": it has no files`);
  const treeEnd = treeStart + Number(bytes.readBigUInt64LE(treeStart - 8));
  const tree: readonly FileEntry[] = JSON.parse(bytes.toString("utf8", treeStart, treeEnd));
  const main = tree.find(({ File: { n } }) => n === metadata.entrypoint_key);
  if (!main) throw new TypeError(`Cannot read "${path}": its entrypoint is missing`);
  const [offset, length] = main.File.o;
  const content = treeEnd + 8 + offset;
  return {
    permissions: metadata.permissions,
    v8Flags: metadata.v8_flags,
    argv: metadata.argv,
    unsafelyIgnoreCertificateErrors: metadata.unsafely_ignore_certificate_errors,
    environment: metadata.env_vars_from_env_file,
    unstable: metadata.unstable_config.features,
    files: tree.map(({ File }) => File.n),
    entrypoint: bytes.toString("utf8", content, content + length),
  };
}

interface FileEntry {
  readonly File: { readonly n: string; readonly o: readonly [offset: number, length: number] };
}
