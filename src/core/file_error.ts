import { constants } from "node:os";

const states: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file would be larger than is allowed here",
  EIO: "the disk reports an input/output error",
  EISDIR: "there is a directory in its place",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "the name is too long",
  ENOENT: "no such file or directory",
  ENOSPC: "no space left on the disk",
  ENOTDIR: "not a directory",
  EPERM: "operation not permitted",
  EROFS: "the file system is read-only",
  ESTALE: "the volume has gone away (stale file handle)",
};

const names = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/**
 * What an error of the operating system says, without the path that its own message may carry; undefined for any other
 * error, which is a bug and not a state of the disk.
 */
export function fileErrorState(error: unknown): string | undefined {
  if (isOfSystem(error)) {
    return "it is among the files in /dev, /proc and /sys that this program may not use";
  }
  const code = fileErrorCode(error);
  return code === undefined ? undefined : states[code] ?? `the operating system says ${code}`;
}

/** Deno opens most of /dev, /proc and /sys only to a process with every permission, and ours give some up. */
function isOfSystem(error: unknown): boolean {
  return error instanceof Deno.errors.NotCapable && error.message.startsWith("Requires all access");
}

/** The name of an error of the operating system (`ENOSPC`); undefined for any other error. */
export function fileErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = "code" in error ? error.code : undefined;
  if (typeof code === "string") return /^E[A-Z0-9]+$/.test(code) ? code : undefined;
  // Deno leaves out the code of some, EDQUOT and EFBIG among them; their number stands in the message only.
  const number = /\(os error (\d+)\)/.exec(error.message)?.[1];
  return number === undefined ? undefined : names.get(Number(number));
}
