import { makeArtifactTree } from "../artifact_tree.ts";
import type { Bar } from "../bar.ts";
import type { BenchWorld } from "../bench_world.ts";
import { buildPeers } from "../build_peers.ts";
import { runLoad, type Served, servedWords } from "../load.ts";
import { memoryMiB } from "../process_figures.ts";
import { fillService, startStoredServices, type StoredServices } from "../stored_services.ts";

/** Whose sources the controller watches; the artifacts are of none of them, so that it leaves them alone. */
const namespace = "downloads";
/** MiB, of the whole process. */
const memoryBar = 130;

/** What is downloaded from which store. */
interface Case {
  readonly what: string;
  readonly paths: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Left out for Redis, which takes nothing so large unless it is told to. */
  readonly bar?: number;
}

/** Ten downloads of 100 MB at once: the most memory that the controller ever has, each time a new one that has cached nothing. */
export async function downloadsRows(
  world: BenchWorld,
  { runs }: { readonly runs: number },
): Promise<readonly Bar[]> {
  const { load: program } = await buildPeers();
  await using services = await startStoredServices();
  await world.createNamespace(namespace);
  const bars: Bar[] = [];
  for (const { what, paths, bar, env, args = [] } of await prepare(world, services)) {
    const idle: number[] = [];
    const served: Served[] = [];
    for (let run = 0; run < runs; run++) {
      const controller = await world.startController({ namespace, env, args });
      try {
        idle.push(memoryMiB(controller.pid, "VmHWM"));
        served.push(await runLoad(controller, { program, paths, clients: 10, seconds: 0 }));
      } finally {
        await controller.end("SIGTERM");
      }
    }
    bars.push({
      ...{ row: "10 downloads of 100 MB at once", what, unit: "MiB" },
      measured: Math.max(...served.map(({ peakMiB }) => peakMiB)),
      ...(bar === undefined ? {} : { bar }),
      beside: `most of ${runs}; ${servedWords(served)}; before them ${
        Math.max(...idle).toFixed(0)
      } MiB`,
    });
  }
  return bars;
}

async function prepare(
  { directory }: BenchWorld,
  { s3, redis }: StoredServices,
): Promise<readonly Case[]> {
  const root = `${directory}/downloads`;
  const ten = await makeArtifactTree(`${root}/ten`, { small: 0, large: 10, seed: 0 });
  const one = await makeArtifactTree(`${root}/one`, { small: 0, large: 1, seed: 1e6 });
  await fillService(s3, ten.directory);
  for (const service of [s3, redis]) await fillService(service, one.directory);
  const local = { STORAGE_BACKEND: "pvc", PVC_STORAGE_PATH: ten.directory };
  const same = new Array<string>(10).fill(one.large[0]!);
  const bar = memoryBar;
  const noCache = ["--artifact-cache-size=0"];
  return [
    { what: "local files, ten artifacts", env: local, paths: ten.large, bar },
    { what: "S3, ten artifacts", env: s3, paths: ten.large, bar },
    {
      ...{ what: "S3, ten that fit into the cache", env: s3, paths: ten.large, bar },
      args: ["--artifact-cache-size=2Gi"],
    },
    { what: "S3, one artifact", env: s3, paths: same, bar },
    { what: "S3, ten artifacts, no cache", env: s3, paths: ten.large, args: noCache, bar },
    { what: "Redis, one artifact", env: redis, paths: same },
    { what: "Redis, one artifact, no cache", env: redis, paths: same, args: noCache },
  ];
}
