/**
 * What the binary may ask of the machine, baked in (DESIGN §9): each command gives up at start what it does not use.
 * Addresses, paths, variables and hooks are the user's, so these four cannot be narrowed; code from elsewhere never runs.
 */
export const permissionFlags: readonly string[] = [
  "--no-prompt",
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-sys=homedir,hostname,networkInterfaces,osRelease,osUptime,statfs,uid",
  "--allow-run",
  "--deny-import",
];

/**
 * The young generation and the growth that 1,000 sources fit into 150 MiB with, and a limit in MB: V8's own is 4 GB whatever
 * the memory of the container. At the limit the process says `JavaScript heap out of memory` and ends with 133.
 */
export const v8Flags: readonly string[] = [
  "--max-semi-space-size=2",
  "--heap-growing-percent=25",
  "--max-old-space-size=1024",
];

/** All of them, as `deno run` and `deno compile` take them. */
export const binaryFlags: readonly string[] = [
  ...permissionFlags,
  `--v8-flags=${v8Flags.join(",")}`,
];
