import { createGzip, type Gzip } from "node:zlib";

/**
 * A gzip stream whose output depends on the bytes alone, not on the pieces they come in. Of Deno's zlib-rs that holds for
 * levels 2, 3, 4, 7 and 9 only (PLATFORM §4); its header has neither name nor time.
 *
 * @param size of what it will get, in bytes, about; little gets small buffers
 */
export function deterministicGzip(size: number): Gzip {
  return createGzip({ level: 4, chunkSize: Math.min(64 * 1024, Math.max(1024, size)) });
}
