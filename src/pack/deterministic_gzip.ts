import { createGzip, type Gzip } from "node:zlib";

/**
 * A gzip stream whose output depends on the bytes alone, not on the pieces they come in. Of Deno's zlib-rs that holds for
 * levels 2, 3, 4, 7 and 9 only (PLATFORM §4); its header has neither name nor time.
 */
export function deterministicGzip(): Gzip {
  return createGzip({ level: 4, chunkSize: 64 * 1024 });
}
