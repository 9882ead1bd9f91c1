import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ControllerProcess } from "../../acceptance/controller_process.ts";
import { runCommand } from "../../run_command.ts";
import type { Bar } from "../bar.ts";
import type { BenchController, BenchWorld } from "../bench_world.ts";
import { memoryMiB } from "../process_figures.ts";
import { triggerBars } from "./trigger.ts";

const bareStart = fileURLToPath(new URL("../bare_start_program.ts", import.meta.url));

/** @see populatedRows */
export interface PopulatedOptions {
  readonly count: number;
  /** MiB. */
  readonly memoryBar: number;
}

/** A controller with many sources and a pvc store: its memory, how quick a trigger is, how quick a start. */
export async function populatedRows(
  world: BenchWorld,
  { count, memoryBar }: PopulatedOptions,
): Promise<readonly Bar[]> {
  const namespace = `populated-${count}`;
  const directory = join(world.directory, namespace);
  await world.createNamespace(namespace);
  const options = { namespace, directory };
  let controller = await world.startController(options);
  try {
    await using ready = world.untilReady(namespace, count);
    await world.createSources({ namespace, count, hosts: 20, interval: "10m" });
    await ready.done;
    await world.untilQuiet();
    const row = `${count} sources`;
    const memory = memoryBars(row, controller, memoryBar);
    const trigger = await triggerBars(world, { namespace, count, row });
    await controller.end("SIGTERM");
    const again = await startAgain(world, { ...options, port: controller.port, count });
    controller = again.controller;
    return [...memory, ...trigger, ...again.bars];
  } finally {
    await controller.end("SIGTERM").catch(() => undefined); // it may have ended already
  }
}

function memoryBars(row: string, { pid }: ControllerProcess, bar: number): readonly Bar[] {
  const beside = `as in a pod, without client-node; at most so far ${
    memoryMiB(pid, "VmHWM").toFixed(0)
  } MiB`;
  return [
    {
      ...{ row, what: "resident memory, all Ready" },
      ...{ measured: memoryMiB(pid, "VmRSS"), unit: "MiB", bar, beside },
    },
  ];
}

interface Again {
  readonly controller: ControllerProcess;
  readonly bars: readonly Bar[];
}

async function startAgain(
  world: BenchWorld,
  options: BenchController & { readonly port: number; readonly count: number },
): Promise<Again> {
  const { namespace, port, count } = options;
  const urls = (await world.api.list(world.artifactsPath(namespace)))
    .map(({ status }) => status!.artifact!.url);
  const asked = await world.upstream.asked();
  const start = performance.now();
  const starting = world.startController(options);
  const served = untilServed(world, { urls, port });
  const [controller, { at, refused }] = await Promise.all([starting, served]);
  const fetched = await world.upstream.asked() - asked;
  const wall = (at - start) / 1_000;
  const floorStart = performance.now();
  const paths = [world.sourcesPath(namespace), world.artifactsPath(namespace)];
  const args = ["run", "-A", bareStart, world.plane.kubeconfig, ...paths];
  await runCommand(Deno.execPath(), { args });
  const floor = (performance.now() - floorStart) / 1_000;
  // What is to be reached is said of 1,000; in the time that more take, some are due.
  const bar = (bar: number) => count <= 1_000 ? { bar } : {};
  const row = `start with ${count} stored artifacts`;
  return {
    controller,
    bars: [
      {
        ...{ row, what: "all served with 200", measured: wall, unit: "s", ...bar(3) },
        beside: `a bare client's start and lists: ${floor.toFixed(2)} s (${
          (wall / floor).toFixed(1)
        } ×)`,
      },
      { row, what: "answers 404", measured: refused, unit: "", bar: 0, beside: "" },
      {
        ...{ row, what: "requests to the upstream", measured: fetched, unit: "", ...bar(0) },
        beside: `at an interval of 10m as many are due in that time: ${
          (count * wall / 600).toFixed(0)
        }`,
      },
    ],
  };
}

/** Asks for each again and again until it is served; a refused connection is not an answer. */
async function untilServed(
  world: BenchWorld,
  { urls, port }: { readonly urls: readonly string[]; readonly port: number },
): Promise<{ readonly at: number; readonly refused: number }> {
  const listens = () => Deno.connect({ port }).then((c) => (c.close(), true), () => false);
  while (!await listens()) await new Promise((resolve) => setTimeout(resolve, 10));
  let refused = 0;
  const ask = async (url: string): Promise<void> => {
    const response = await fetch(url);
    await response.body?.cancel();
    if (response.status === 404) refused++;
    if (response.status !== 200) await ask(url);
  };
  await world.api.inParallel(urls, { concurrency: 16, each: ask });
  return { at: performance.now(), refused };
}
