/** Whether a user who names a file means standard input; Deno does not open /dev/stdin once a permission is given up. */
export function isStandardInput(file: string): boolean {
  return file === "-" || file === "/dev/stdin";
}

/** Whether a user who names a file means standard output. */
export function isStandardOutput(file: string): boolean {
  return file === "-" || file === "/dev/stdout";
}
