import { runCommand } from "../run_command.ts";
import { median } from "./quantile.ts";
import { cpuSeconds, memoryMiB } from "./process_figures.ts";

/** A server that is asked. */
export interface LoadedServer {
  readonly port: number;
  /** The process that serves. */
  readonly pid: number;
}

/** What is asked of it. */
export interface Load {
  /** The program of `peers/load`. */
  readonly program: string;
  /** Without a leading slash; asked for in turn. */
  readonly paths: readonly string[];
  readonly clients: number;
  /** 0: each path once. */
  readonly seconds: number;
  /** What every answer must be. */
  readonly status?: number;
}

/** What a server did under a load. */
export interface Served {
  readonly requestsPerSecond: number;
  readonly megabytesPerSecond: number;
  /** Of the server's processor time. */
  readonly microsecondsPerRequest: number;
  /** The most that the server's process has had in memory so far, or since `resetPeak`. */
  readonly peakMiB: number;
}

/** Downloads from a server and measures it. @throws {Error} if an answer is another one, or incomplete */
export async function runLoad({ port, pid }: LoadedServer, load: Load): Promise<Served> {
  const { program, paths, clients, seconds, status = 200 } = load;
  const before = cpuSeconds(pid);
  const printed = await runCommand(program, {
    args: ["get", port, clients, seconds, status].map(String),
    stdin: paths.map((path) => `/${path}\n`).join(""),
  });
  const [requests = 0, bytes = 0, wall = 0] = printed.split(" ").map(Number);
  return {
    requestsPerSecond: requests / wall,
    megabytesPerSecond: bytes / wall / 1e6,
    microsecondsPerRequest: (cpuSeconds(pid) - before) / requests * 1e6,
    peakMiB: memoryMiB(pid, "VmHWM"),
  };
}

/** The medians of several rounds, in words. */
export function servedWords(served: readonly Served[]): string {
  const of = (figure: keyof Served) => median(served.map((each) => each[figure]));
  const rate = of("requestsPerSecond");
  return [
    `${rate.toFixed(rate < 10 ? 1 : 0)} requests/s`,
    `${of("megabytesPerSecond").toFixed(0)} MB/s`,
    `CPU ${of("microsecondsPerRequest").toFixed(0)} µs each`,
    `RSS ${of("peakMiB").toFixed(0)} MiB`,
  ].join(", ");
}
