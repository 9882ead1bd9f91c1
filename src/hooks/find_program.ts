import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { Verdict } from "./whitelist_check.ts";

/** A program that may be run, as it was when it was looked at. */
export interface FoundProgram {
  /** What to execute. */
  readonly file: string;
  /** False if the file is not the one any more whose digest was taken. */
  isUnchanged(): Promise<boolean>;
}

/** Programs that do what the name says by which they are called. */
const multiCall = ["busybox", "toybox", "coreutils"];

const groupOrOthersWrite = 0o022n;
const othersWrite = 0o002n;
const anyExecute = 0o111n;
const sticky = 0o1000n;

/**
 * The first of a verdict's paths that exists. A link is followed, but only to a program of a like name: `awk` may be `mawk`,
 * `jq` may not be `bash`. Neither the file nor its directory may be one that others can write.
 *
 * @param digests of files by what identifies their state, so that an unchanged program is read once
 * @returns a state for a condition if there is none that may be run
 */
export async function findProgram(
  { paths, sha256 }: Extract<Verdict, { allowed: true }>,
  digests: Map<string, string>,
): Promise<FoundProgram | string> {
  for (const path of paths) {
    const real = await realpath(path).catch(() => undefined);
    if (real === undefined) continue;
    const identity = await identify(real);
    const problem = nameProblem(path, real) ?? await fileProblem(real) ??
      (sha256 === undefined || await digestOf(real, identity, digests) === sha256
        ? undefined
        : "is not the program of the whitelist's sha256");
    if (problem !== undefined) return `${path} ${problem}`;
    // Without a digest one program is as good as another of that name.
    const isUnchanged = async () => sha256 === undefined || await identify(real) === identity;
    return { file: multiCall.includes(basename(real)) ? path : real, isUnchanged };
  }
  return "there is no such program";
}

function nameProblem(path: string, real: string): string | undefined {
  const [named, found] = [basename(path), basename(real)];
  if (found.includes(named) || multiCall.includes(found)) return undefined;
  return `is a link to another program, ${real}; the whitelist can name that one as \`path\``;
}

async function fileProblem(real: string): Promise<string | undefined> {
  const [file, directory] = await Promise.all(
    [real, dirname(real)].map((each) => stat(each, { bigint: true })),
  );
  if (!file!.isFile() || !(file!.mode & anyExecute)) return "is not an executable file";
  if (file!.mode & groupOrOthersWrite) return "can be changed by others than its owner";
  // In a sticky directory others can add files, but neither replace nor remove ours. Groups are an administrator's choice: those of
  // Homebrew and of Debian's /usr/local may write.
  if (directory!.mode & othersWrite && !(directory!.mode & sticky)) {
    return "is in a directory that everybody can write";
  }
  return undefined;
}

/** Everything that changes when a file is replaced or written: the time of change cannot be set back. */
async function identify(file: string): Promise<string> {
  const known = await stat(file, { bigint: true }).catch(() => undefined);
  return known ? [known.dev, known.ino, known.size, known.mtimeNs, known.ctimeNs].join(" ") : "";
}

async function digestOf(
  file: string,
  identity: string,
  digests: Map<string, string>,
): Promise<string> {
  const known = digests.get(identity);
  if (known !== undefined) return known;
  const hash = createHash("sha256");
  for await (const piece of createReadStream(file)) hash.update(piece);
  const digest = hash.digest("hex");
  // Only if these bytes are surely those of that state.
  if (await identify(file) === identity) digests.set(identity, digest);
  return digest;
}
