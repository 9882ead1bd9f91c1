import { createHash } from "node:crypto";
import { chunkBytes, countChunks } from "./redis_layout.ts";

/** What Redis keeps of a published artifact beside its bytes. */
export interface RedisRecord {
  readonly size: number;
  /** `sha256:` of all bytes. */
  readonly digest: string;
  /** Milliseconds since the Unix epoch. */
  readonly lastPut: number;
  /** Under which name its chunks lie. */
  readonly upload: string;
  /** SHA-1 of each chunk as hex: it tells bytes that were altered on their way or in the server. */
  readonly sums: readonly string[];
}

/** The fields of the hash, in the order of {@linkcode parseRecord}. */
export const recordFields = [
  ...["size", "digest", "lastPut", "upload", "sums", "chunkBytes", "check"] as const,
];

/** The values of the fields. */
export function recordValues(record: RedisRecord): string[] {
  const { size, digest, lastPut, upload, sums } = record;
  const lasting = [`${size}`, digest, upload, sums.join(""), `${chunkBytes}`];
  const [first, second, ...rest] = lasting as [string, string, ...string[]];
  return [first, second, `${lastPut}`, ...rest, checkOf(lasting)];
}

/** A sum over what does not change with another put of the same bytes. */
function checkOf(lasting: readonly string[]): string {
  return createHash("sha1").update(lasting.join("\n")).digest("hex");
}

const sumLength = 40;

/**
 * The record of a hash; undefined if there is none. `damaged`: not what {@linkcode recordValues} wrote, there or on its
 * way here; a put writes it anew.
 *
 * @param values what HMGET answers for {@linkcode recordFields}
 */
export function parseRecord(values: readonly unknown[]): RedisRecord | "damaged" | undefined {
  if (values.every((value) => value === null)) return undefined;
  if (!values.every((value) => typeof value === "string")) return "damaged";
  const [size = "", digest = "", lastPut = "", upload = "", sums = "", bytes = "", check] = values;
  if (check !== checkOf([size, digest, upload, sums, bytes])) return "damaged";
  if (bytes !== `${chunkBytes}` || !/^[0-9]+(\.[0-9]+)?$/.test(lastPut)) return "damaged";
  const each = Array.from(
    { length: countChunks(Number(size)) },
    (_, index) => sums.slice(index * sumLength, (index + 1) * sumLength),
  );
  return { size: Number(size), digest, lastPut: Number(lastPut), upload, sums: each };
}
