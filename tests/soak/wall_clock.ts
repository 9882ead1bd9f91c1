const library = `/usr/lib/${Deno.build.arch}-linux-gnu/faketime/libfaketimeMT.so.1`;

/** Whether the wall clock of a process can be stepped here: Debian's libfaketime does it, for that process only. */
export const stepsWallClocks = await Deno.stat(library).then(() => true, () => false);

/** Lets a process read how far its wall clock is off from a file; its monotonic clock goes on as ever. */
export function wallClockEnvironment(file: string): Record<string, string> {
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
    FAKETIME_CACHE_DURATION: "1",
  };
}
