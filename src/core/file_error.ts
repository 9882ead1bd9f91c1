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

/**
 * What an error of the operating system says, without the path that its own message may carry; undefined for any other
 * error, which is a bug and not a state of the disk.
 */
export function fileErrorState(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (typeof code !== "string" || !/^E[A-Z0-9]+$/.test(code)) return undefined;
  return states[code] ?? `the operating system says ${code}`;
}
