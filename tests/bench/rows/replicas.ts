import { join } from "node:path";
import { eventually } from "../../acceptance/eventually.ts";
import { type ControllerProcess, freePort } from "../../acceptance/controller_process.ts";
import { type Bar, formatBars } from "../bar.ts";
import type { BenchWorld } from "../bench_world.ts";
import { cpuSeconds, memoryMiB } from "../process_figures.ts";
import { quantile } from "../quantile.ts";
import { type BareCost, type Cost, costOfBareClient, measure } from "./create_sources.ts";
import { inMs, triggerTimes } from "./trigger.ts";

const podNamespace = "bench-replicas";
/** How long nothing but 304 is looked at. */
const steadySeconds = 20;

/** @see replicasRows */
export interface ReplicasOptions {
  readonly count: number;
  readonly memoryBar: number;
  /** How many replicas there are, one number a row. */
  readonly replicas: readonly number[];
}

/** Replicas that share the sources of a namespace, and a pvc store in one directory. */
interface Replicas {
  readonly row: string;
  readonly namespace: string;
  readonly count: number;
  readonly intervalSeconds: number;
  readonly controllers: readonly ControllerProcess[];
}

/**
 * The same sources on one, two and three replicas: how soon all are Ready, what a replica keeps in memory, what it costs
 * that nothing changes, how quick a trigger is while all sources are due.
 */
export async function replicasRows(
  world: BenchWorld,
  { count, memoryBar, replicas }: ReplicasOptions,
): Promise<readonly Bar[]> {
  await world.createNamespace(podNamespace).catch(() => undefined); // an earlier row has made it
  const bars: Bar[] = [];
  let floor: BareCost | undefined;
  for (const number of replicas) {
    const started = await startReplicas(world, { count, number });
    try {
      const ready = await createAll(world, started);
      floor ??= await costOfBareClient(world, wantedOf(started));
      await world.untilQuiet();
      const theirs = [
        readyBar(started, { ready, floor }),
        memoryBarOf(started, memoryBar),
        ...await unchangedBars(world, started),
        await triggerBar(world, started),
      ];
      console.error(formatBars(theirs)); // it takes minutes until the next ones are there
      bars.push(...theirs);
    } finally {
      for (const { pid } of started.controllers) Deno.kill(pid, "SIGCONT");
      await Promise.all(started.controllers.map((each) => each.end("SIGTERM")));
    }
  }
  return bars;
}

async function startReplicas(
  world: BenchWorld,
  { count, number }: { readonly count: number; readonly number: number },
): Promise<Replicas> {
  const namespace = `replicas-${count}-${number}`;
  await world.createNamespace(namespace);
  const ports = Array.from({ length: number }, freePort);
  const intervalSeconds = Math.max(20, count / 160);
  const start = (port: number, index: number) =>
    world.startController({
      namespace,
      port,
      directory: join(world.directory, namespace),
      // A replica that stands still for an interval must not lose its Lease.
      args: [
        "--leader-elect",
        `--lease-duration=${leaseSecondsOf(intervalSeconds)}s`,
        `--storage-adv-addr=127.0.0.1:${ports[0]}`,
      ],
      env: { POD_NAME: `manager-${index}`, POD_NAMESPACE: podNamespace, POD_IP: "127.0.0.1" },
    });
  return {
    ...{ namespace, count, row: `${count} sources, ${number} replica${number > 1 ? "s" : ""}` },
    intervalSeconds,
    controllers: await Promise.all(ports.map(start)),
  };
}

const leaseSecondsOf = (intervalSeconds: number) => Math.min(300, Math.ceil(5 * intervalSeconds));

function wantedOf({ namespace, count, intervalSeconds }: Replicas) {
  return { namespace, count, hosts: 20, interval: `${intervalSeconds}s` };
}

const signalAll = ({ controllers }: Replicas, signal: Deno.Signal) => {
  for (const { pid } of controllers) Deno.kill(pid, signal);
};
const cpuOf = ({ controllers }: Replicas) =>
  controllers.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Whether each has seen the others, and then announced it, which takes it a third of a Lease. */
async function knowEachOther({ controllers }: Replicas): Promise<boolean> {
  const texts = await Promise.all(
    controllers.map(async ({ metrics }) => await (await fetch(metrics)).text()),
  );
  const line = `externalsource_replicas ${controllers.length}`;
  return texts.every((text) => text.split("\n").includes(line));
}

/** They take on the sources while these are created: with thousands that takes longer than a Lease lasts. */
async function createAll(world: BenchWorld, replicas: Replicas): Promise<Cost> {
  await eventually(() => knowEachOther(replicas), {
    ...{ withinMs: 300_000, what: "each knows of the others" },
  });
  // Until each has seen, two rounds later, that they go by the same.
  await pause(leaseSecondsOf(replicas.intervalSeconds) * 700);
  const { namespace, count, controllers } = replicas;
  const pids = controllers.map(({ pid }) => pid);
  let creating: Promise<void> | undefined;
  const begin = () => void (creating = world.createSources(wantedOf(replicas)));
  const cost = await measure(world, { namespace, count, pids, begin });
  await creating;
  return cost;
}

function readyBar(
  { row }: Replicas,
  { ready, floor }: { readonly ready: Cost; readonly floor: BareCost },
): Bar {
  const { creation, wall, own } = floor;
  return {
    ...{ row, what: "created and all Ready: wall ÷ bare client's", unit: "×", bar: 1.3 },
    measured: ready.wall / (creation + wall),
    beside: `${ready.wall.toFixed(2)} s, CPU ${
      ready.own.toFixed(2)
    } s in all; bare client, beside the first: ${creation.toFixed(2)} + ${
      wall.toFixed(2)
    } s, CPU of the latter ${own.toFixed(2)} s`,
  };
}

function memoryBarOf({ row, controllers }: Replicas, bar: number): Bar {
  const of = (field: "VmRSS" | "VmHWM") => controllers.map(({ pid }) => memoryMiB(pid, field));
  return {
    ...{ row, what: "resident memory of the largest replica, all Ready", unit: "MiB", bar },
    measured: Math.max(...of("VmRSS")),
    beside: `at most so far ${of("VmHWM").map((mib) => mib.toFixed(0)).join(", ")} MiB`,
  };
}

async function unchangedBars(world: BenchWorld, replicas: Replicas): Promise<readonly Bar[]> {
  const look = async () => ({
    writes: await world.apiWrites(),
    requests: await world.apiRequests(),
    leases: await world.apiRequests(["leases"]),
    asked: await world.upstream.asked(),
    cpu: cpuOf(replicas),
  });
  const before = await look();
  await pause(steadySeconds * 1_000);
  const after = await look();
  const runs = after.asked - before.asked;
  const { row } = replicas;
  const beside = `${runs} runs in ${steadySeconds} s`;
  return [
    {
      ...{ row, what: "CPU of an unchanged source (304)", unit: "ms", bar: 1 },
      measured: (after.cpu - before.cpu) / runs * 1_000,
      beside: `${beside}, all replicas together`,
    },
    {
      ...{ row, what: "API writes while nothing changes", unit: "", bar: 0, beside },
      measured: after.writes - before.writes,
    },
    {
      ...{ row, what: "API requests while nothing changes, but for Leases", unit: "", bar: 0 },
      measured: after.requests - before.requests,
      beside: `${beside}; Leases, with the API server's own: ${
        after.leases - before.leases
      } requests`,
    },
  ];
}

/** They stand still for an interval, so that every source is due when they go on. */
async function triggerBar(world: BenchWorld, replicas: Replicas): Promise<Bar> {
  const { namespace, count, row, intervalSeconds } = replicas;
  const asked = await world.upstream.asked();
  signalAll(replicas, "SIGSTOP");
  await pause(1_050 * intervalSeconds);
  const times = await triggerTimes(world, {
    ...{ namespace, count, withinMs: 60_000 },
    onWatching: () => signalAll(replicas, "SIGCONT"),
  });
  return {
    ...{ row, what: "trigger → new revision published, p99, while all are due", unit: "ms" },
    measured: quantile(times, 0.99),
    bar: 500,
    beside: `p50 ${inMs(times, 0.5)}, ${times.length} triggers; ${
      await world.upstream.asked() - asked
    } runs meanwhile`,
  };
}
