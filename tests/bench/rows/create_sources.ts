import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BareRequest, RawObject } from "../bare_api.ts";
import type { Bar } from "../bar.ts";
import type { BenchWorld } from "../bench_world.ts";
import { cpuSeconds } from "../process_figures.ts";
import { median } from "../quantile.ts";

const bareWrites = fileURLToPath(new URL("../bare_writes_program.ts", import.meta.url));
/** As many as the controller has workers (`--concurrent`). */
const concurrency = 16;

/** @see createSourcesRow */
export interface CreateOptions {
  readonly count: number;
  readonly hosts: number;
  readonly runs: number;
}

/** What it cost until all sources were Ready; seconds, CPU but for the first. */
export interface Cost {
  readonly wall: number;
  /** Of the processes themselves. */
  readonly own: number;
  /** With the API server and etcd. */
  readonly all: number;
}

interface Pair {
  readonly ours: Cost;
  readonly bare: Cost;
  /** Of the controller for one source. */
  readonly writes: number;
}

/**
 * N sources at once → all Ready and published, beside the same writes by a bare client. In both cases the sources are there
 * already when the clock starts: the controller is stopped while they are created.
 */
export async function createSourcesRow(
  world: BenchWorld,
  { count, hosts, runs }: CreateOptions,
): Promise<readonly Bar[]> {
  const pairs: Pair[] = [];
  for (let run = 0; run < runs; run++) {
    const namespace = `created-${hosts}-${run}`;
    const wanted = { namespace, count, hosts, interval: "10m" };
    const before = await world.apiWrites(["externalsources", "externalartifacts"]);
    const ours = await costOfController(world, wanted);
    const writes = await world.apiWrites(["externalsources", "externalartifacts"]) - before;
    const bare = await costOfBareClient(world, wanted);
    pairs.push({ ours, bare, writes: writes / count - 1 });
  }
  return barsOf(`create ${count} sources, ${hosts} host${hosts > 1 ? "s" : ""}`, pairs);
}

function barsOf(row: string, pairs: readonly Pair[]): readonly Bar[] {
  const middle = (pick: (pair: Pair) => number) => median(pairs.map(pick));
  const seconds = (pick: (pair: Pair) => number) => `${middle(pick).toFixed(2)} s`;
  return [
    {
      ...{ row, what: "all Ready: wall ÷ bare client's", unit: "×", bar: 1.3 },
      measured: middle(({ ours, bare }) => ours.wall / bare.wall),
      beside: `${seconds((p) => p.ours.wall)}, CPU ${seconds((p) => p.ours.own)}; bare client: ${
        seconds((p) => p.bare.wall)
      }, CPU ${seconds((p) => p.bare.own)}`,
    },
    {
      ...{ row, what: "all Ready: CPU with API server and etcd ÷ bare client's", unit: "×" },
      measured: middle(({ ours, bare }) => ours.all / bare.all),
      beside: `${seconds((p) => p.ours.all)}; bare client: ${seconds((p) => p.bare.all)}`,
    },
    {
      ...{ row, what: "API writes a source, without events", unit: "", bar: 3 },
      measured: middle(({ writes }) => writes),
      beside: "POST ExternalArtifact, PATCH its status, PATCH status",
    },
  ];
}

type Wanted = Parameters<BenchWorld["createSources"]>[0];

async function costOfController(world: BenchWorld, wanted: Wanted): Promise<Cost> {
  await world.createNamespace(wanted.namespace);
  const controller = await world.startController({ namespace: wanted.namespace });
  try {
    Deno.kill(controller.pid, "SIGSTOP");
    await world.createSources(wanted);
    return await measure(world, {
      ...wanted,
      pids: [controller.pid],
      begin: () => Deno.kill(controller.pid, "SIGCONT"),
    });
  } finally {
    Deno.kill(controller.pid, "SIGCONT");
    await controller.end("SIGTERM");
  }
}

/** @see costOfBareClient */
export interface BareCost extends Cost {
  /** How long it took before to create the sources, in seconds. */
  readonly creation: number;
}

/**
 * The writes that made the sources of a namespace Ready, by a bare client in a namespace beside it: the floor.
 *
 * @param wanted the sources that are there
 */
export async function costOfBareClient(world: BenchWorld, wanted: Wanted): Promise<BareCost> {
  const namespace = `${wanted.namespace}-bare`;
  await world.createNamespace(namespace);
  const started = performance.now();
  await world.createSources({ ...wanted, namespace });
  const creation = (performance.now() - started) / 1_000;
  const file = join(world.directory, namespace);
  const chains = await sameWrites(world, wanted.namespace, namespace);
  await Deno.writeTextFile(file, chains.map((chain) => JSON.stringify(chain)).join("\n"));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", bareWrites, world.plane.kubeconfig, `${concurrency}`, file],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  const output = child.stdout.getReader();
  try {
    await output.read();
    const begin = () => void input.write(new Uint8Array(1));
    const cost = await measure(world, {
      ...{ namespace, count: wanted.count, begin },
      pids: [child.pid],
    });
    return { ...cost, creation };
  } finally {
    await output.read();
    await input.close();
    await child.status;
  }
}

/** What is measured until it is Ready. */
export interface Measured {
  readonly namespace: string;
  readonly count: number;
  /** The processes that make it Ready. */
  readonly pids: readonly number[];
  readonly begin: () => void;
}

/** Lets it begin and waits until all sources of a namespace are Ready. */
export async function measure(
  world: BenchWorld,
  { namespace, count, pids, begin }: Measured,
): Promise<Cost> {
  await using ready = world.untilReady(namespace, count);
  await new Promise((resolve) => setTimeout(resolve, 500)); // the watch tells what is there already
  const cpu = () => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const [own, api, start] = [cpu(), world.apiServerCpuSeconds(), performance.now()];
  begin();
  await ready.done;
  const used = cpu() - own;
  return {
    wall: (performance.now() - start) / 1_000,
    own: used,
    all: used + world.apiServerCpuSeconds() - api,
  };
}

/** What the controller wrote for each source, as requests for the same in another namespace. */
async function sameWrites(
  world: BenchWorld,
  from: string,
  to: string,
): Promise<readonly (readonly BareRequest[])[]> {
  const named = async (path: string) =>
    new Map((await world.api.list(path)).map((object) => [object.metadata.name, object]));
  const sources = await named(world.sourcesPath(from));
  const artifacts = await named(world.artifactsPath(from));
  const targets = await world.api.list(world.sourcesPath(to));
  return targets.map(({ metadata: { name, uid } }) => {
    const artifact = artifacts.get(name)!;
    const [owner] = artifact.metadata.ownerReferences as readonly object[];
    const metadata = {
      ...{ name, namespace: to, labels: artifact.metadata.labels },
      ownerReferences: [{ ...owner, uid }],
    };
    return [
      {
        method: "POST",
        path: world.artifactsPath(to),
        body: {
          apiVersion: "source.toolkit.fluxcd.io/v1",
          kind: "ExternalArtifact",
          metadata,
          spec: artifact.spec,
        },
      },
      patchStatus(`${world.artifactsPath(to)}/${name}`, artifact),
      patchStatus(`${world.sourcesPath(to)}/${name}`, sources.get(name)!),
    ];
  });
}

function patchStatus(path: string, { status }: RawObject): BareRequest {
  return {
    method: "PATCH",
    path: `${path}/status`,
    contentType: "application/json-patch+json",
    body: [{ op: "add", path: "/status", value: status }],
  };
}
