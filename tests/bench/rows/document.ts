import { join } from "node:path";
import type { Bar } from "../bar.ts";
import type { BenchWorld } from "../bench_world.ts";
import { cpuSeconds, memoryMiB, resetPeak } from "../process_figures.ts";
import { median, quantile } from "../quantile.ts";

const megabytes = 100;
const probeEveryMs = 5;

interface Made {
  readonly wall: number;
  readonly cpu: number;
}

interface MadeByUs extends Made {
  /** MiB. */
  readonly growth: number;
  /** Milliseconds that `/healthz` took, asked all the time. */
  readonly latencies: readonly number[];
}

/** A document of 100 MB → served, beside `curl`, `tar` and `gzip -4`. */
export async function documentRow(
  world: BenchWorld,
  { runs }: { readonly runs: number },
): Promise<readonly Bar[]> {
  await writeDocument(join(world.directory, "document"));
  const ours: MadeByUs[] = [];
  const pipe: Made[] = [];
  for (let run = 0; run < runs; run++) {
    ours.push(await madeByController(world, `document-${run}`));
    pipe.push(await madeByPipe(world));
  }
  const ratio = (of: keyof Made) => median(ours.map((our, i) => our[of] / pipe[i]![of]));
  const figures = (made: readonly Made[]) =>
    `${median(made.map((each) => each.wall)).toFixed(2)} s, CPU ${
      median(made.map((each) => each.cpu)).toFixed(2)
    } s`;
  const beside = `${figures(ours)}; pipe: ${figures(pipe)}`;
  const row = `${megabytes} MB document`;
  const latencies = ours.flatMap((each) => each.latencies);
  return [
    {
      ...{ row, what: "growth of memory", unit: "MiB", bar: 64 },
      measured: median(ours.map(({ growth }) => growth)),
      beside: "VmHWM after it - VmRSS before it",
    },
    { row, what: "wall ÷ the pipe's", measured: ratio("wall"), unit: "×", bar: 1.5, beside },
    { row, what: "CPU ÷ the pipe's", measured: ratio("cpu"), unit: "×", beside },
    {
      ...{ row, what: "/healthz meanwhile, p99.9", unit: "ms", bar: 50 },
      measured: quantile(latencies, 0.999),
      beside: `${latencies.length} probes, p50 ${quantile(latencies, 0.5).toFixed(1)}, p99 ${
        quantile(latencies, 0.99).toFixed(0)
      }, max ${Math.max(...latencies).toFixed(0)} ms`,
    },
  ];
}

/** Lines of JSON, as compressible as logs and exports are. */
async function writeDocument(path: string): Promise<void> {
  using file = await Deno.create(path);
  const line = (id: number) => {
    const [a, b] = [id * 2654435761 % 2 ** 32, id * 40503 % 65536];
    return JSON.stringify({
      id,
      name: `item-${a.toString(36)}`,
      price: b / 100,
      tags: ["x", a % 7],
    });
  };
  let id = 0;
  let written = 0;
  while (written < megabytes * 1e6) {
    const lines = Array.from({ length: 10_000 }, () => line(id++)).join("\n") + "\n";
    const bytes = new TextEncoder().encode(lines).subarray(0, megabytes * 1e6 - written);
    written += await file.write(bytes);
  }
}

async function madeByController(world: BenchWorld, namespace: string): Promise<MadeByUs> {
  await world.createNamespace(namespace);
  const directory = join(world.directory, namespace);
  const controller = await world.startController({ namespace, directory });
  try {
    // A small one first: what is loaded once does not grow with the document.
    await makeOne(world, namespace, "/doc/small");
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const stop = new AbortController();
    resetPeak(controller.pid);
    const resident = memoryMiB(controller.pid, "VmRSS");
    const [cpu, start] = [cpuSeconds(controller.pid), performance.now()];
    const probing = probe(`${controller.probes}/healthz`, stop.signal);
    await makeOne(world, namespace, "/file");
    const wall = (performance.now() - start) / 1_000;
    const used = cpuSeconds(controller.pid) - cpu;
    stop.abort();
    const growth = memoryMiB(controller.pid, "VmHWM") - resident;
    return { wall, cpu: used, growth, latencies: await probing };
  } finally {
    await controller.end("SIGTERM");
  }
}

/** From the POST of a source until its artifact is served. */
async function makeOne(world: BenchWorld, namespace: string, path: string): Promise<void> {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const stop = new AbortController();
  let served = "";
  const watching = world.api.watch(world.artifactsPath(namespace), {
    signal: stop.signal,
    onObject: ({ metadata, status }) => {
      if (metadata.name !== name || !status?.artifact) return;
      served = status.artifact.url;
      stop.abort();
    },
  });
  await world.createSource(namespace, { name, interval: "10m", url: world.upstream.url(path) });
  await watching;
  const response = await fetch(served, { method: "HEAD" });
  if (!response.ok) throw new Error(`${served}: ${response.status}`);
}

async function probe(url: string, signal: AbortSignal): Promise<readonly number[]> {
  const latencies: number[] = [];
  while (!signal.aborted) {
    const start = performance.now();
    await (await fetch(url)).text();
    latencies.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, probeEveryMs));
  }
  return latencies;
}

async function madeByPipe(world: BenchWorld): Promise<Made> {
  const script =
    'curl -sS "$0" -o piped && tar -cf - piped | gzip -4 > piped.tar.gz && sync piped.tar.gz; times';
  const start = performance.now();
  const { success, stdout } = await new Deno.Command("bash", {
    args: ["-c", script, world.upstream.url("/file")],
    cwd: world.directory,
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("curl, tar and gzip failed");
  const [, children = ""] = new TextDecoder().decode(stdout).trim().split("\n");
  const seconds = [...children.matchAll(/(\d+)m([\d.]+)s/g)]
    .map(([, minutes, rest]) => Number(minutes) * 60 + Number(rest));
  return { wall: (performance.now() - start) / 1_000, cpu: seconds.reduce((a, b) => a + b, 0) };
}
