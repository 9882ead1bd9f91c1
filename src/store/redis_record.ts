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
export const recordFields = ["size", "digest", "lastPut", "upload", "sums", "chunkBytes"] as const;

/** The values of the fields. */
export function recordValues(record: RedisRecord): string[] {
  const { size, digest, lastPut, upload, sums } = record;
  return [`${size}`, digest, `${lastPut}`, upload, sums.join(""), `${chunkBytes}`];
}

const sumLength = 40;

/**
 * The record of a hash; undefined if there is none, or none that this version can read: a put then writes it anew.
 *
 * @param values what HMGET answers for {@linkcode recordFields}
 */
export function parseRecord(values: readonly unknown[]): RedisRecord | undefined {
  const [size, digest, lastPut, upload, sums, bytes] = values.map((value) => `${value ?? ""}`) as [
    ...[string, string, string, string, string, string],
  ];
  const [sizeBytes, lastPutMs] = [parseWhole(size), parseWhole(lastPut)];
  if (sizeBytes === undefined || lastPutMs === undefined) return undefined;
  if (upload === "" || bytes !== `${chunkBytes}`) return undefined;
  if (sums.length !== countChunks(sizeBytes) * sumLength) return undefined;
  const each = Array.from(
    { length: countChunks(sizeBytes) },
    (_, index) => sums.slice(index * sumLength, (index + 1) * sumLength),
  );
  return { size: sizeBytes, digest, lastPut: lastPutMs, upload, sums: each };
}

function parseWhole(text: string): number | undefined {
  const value = Number(text);
  return /^[0-9]+(\.[0-9]+)?$/.test(text) && Number.isFinite(value) ? value : undefined;
}
