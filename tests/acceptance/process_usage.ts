/** What a process of this machine holds. */
export interface ProcessUsage {
  readonly descriptors: number;
  /** Resident memory. */
  readonly mebibytes: number;
}

/** As Linux counts it. */
export function processUsage(pid: number): ProcessUsage {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const kibibytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
  return {
    descriptors: [...Deno.readDirSync(`/proc/${pid}/fd`)].length,
    mebibytes: Math.round(kibibytes / 1_024),
  };
}
