import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";

/** Shorter ones could be guessed; a file that is being written, or an empty one, is no token. */
const minLength = 32;

/**
 * The token that the controller and its sidecar share, read anew each time because the controller writes another one when it
 * starts.
 *
 * @returns undefined if there is none
 */
export async function readHookToken(file: string): Promise<string | undefined> {
  const token = (await readFile(file, "utf8").catch(() => "")).trim();
  return token.length < minLength ? undefined : token;
}

/** Writes a token as a whole, readable for the group because the sidecar may run as another user. @param random 32 bytes */
export async function writeHookToken(file: string, random: Uint8Array): Promise<void> {
  const incoming = `${file}.new`;
  await writeFile(incoming, `${Buffer.from(random).toString("hex")}\n`, { mode: 0o640 });
  await rename(incoming, file);
}

/** Whether an `Authorization` header bears the token; takes the same time whatever it bears. */
export function bearsToken(authorization: string | undefined, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(authorization ?? ""), digest(`Bearer ${token}`));
}
