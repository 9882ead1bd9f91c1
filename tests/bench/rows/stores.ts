import { type ArtifactTree, makeArtifactTree } from "../artifact_tree.ts";
import type { Bar } from "../bar.ts";
import { buildPeers } from "../build_peers.ts";
import { type Load, type LoadedServer, runLoad, type Served, servedWords } from "../load.ts";
import { MeasuredServer } from "../measured_server.ts";
import { resetPeak } from "../process_figures.ts";
import { median } from "../quantile.ts";
import { fillService, startStoredServices, type StoredServices } from "../stored_services.ts";

/** How much slower than local files a gateway may be that has the artifact in its cache. */
const gatewayBar = 1.2;
const noCache = ["--artifact-cache-size=0"];

/** What is measured, by its name in the table. */
type Subjects = ReadonlyMap<string, Subject>;

interface Subject {
  readonly server: LoadedServer;
  /** What is asked for instead of a key. */
  readonly path?: (key: string) => Promise<string>;
  readonly status?: number;
}

type Figure = "requestsPerSecond" | "megabytesPerSecond";

/** One way of asking all subjects, and what they are compared by. */
interface Asking {
  readonly row: string;
  readonly keys: readonly string[];
  readonly clients: number;
  readonly figure: Figure;
  readonly peer: string;
}

/** All that one run measures with. */
interface Place {
  /** Served by all subjects. */
  readonly tree: ArtifactTree;
  /** In S3 alone, for downloads of what is not cached. */
  readonly others: ArtifactTree;
  readonly services: StoredServices;
  readonly program: string;
  readonly runs: number;
}

/** Serving through each store and mode beside nginx and Go's `http.FileServer`. */
export async function storesRows({ runs }: { readonly runs: number }): Promise<readonly Bar[]> {
  const directory = await Deno.makeTempDir({ prefix: "externalsource-bench-" });
  try {
    await Deno.chmod(directory, 0o755); // nginx's workers read it as another user
    const peers = await buildPeers();
    await using services = await startStoredServices();
    const tree = await makeArtifactTree(`${directory}/all`, { small: 200, large: 1, seed: 0 });
    const others = await makeArtifactTree(`${directory}/s3`, { small: 400, large: 4, seed: 1e6 });
    for (const filled of [tree, others]) await fillService(services.s3, filled.directory);
    await fillService(services.redis, tree.directory);
    const place = { tree, others, services, program: peers.load, runs };
    return [
      ...await besidePeers(place, peers.fileserver),
      ...await cold(place),
    ];
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function besidePeers(place: Place, fileserver: string): Promise<readonly Bar[]> {
  await using stack = new AsyncDisposableStack();
  const subjects = await startSubjects(place, { fileserver, stack });
  const { small, large } = place.tree;
  const requests = { clients: 8, figure: "requestsPerSecond", peer: "Go's FileServer" } as const;
  const bars: Bar[] = [];
  for (
    const asking of [
      { row: "50 KB, one artifact", keys: small.slice(0, 1), ...requests },
      { row: "50 KB, 200 in turn", keys: small, ...requests },
      {
        ...{ row: "100 MB", keys: large, clients: 1, figure: "megabytesPerSecond" } as const,
        peer: subjects.has("nginx") ? "nginx" : requests.peer,
      },
    ]
  ) {
    const rounds = await askAll(place, subjects, asking);
    bars.push(...compare(rounds, asking), ...compareCaches(rounds, asking));
  }
  return bars;
}

/** Everything that runs for the whole of the comparison. */
async function startSubjects(
  { tree: { directory }, services }: Place,
  { fileserver, stack }: {
    readonly fileserver: string;
    readonly stack: AsyncDisposableStack;
  },
): Promise<Subjects> {
  const ours = async (env: Readonly<Record<string, string>>, args: readonly string[] = []) => ({
    server: stack.use(await MeasuredServer.startOurs({ env, args })),
  });
  const nginx = stack.use(await MeasuredServer.startNginx(directory));
  const go = stack.use(await MeasuredServer.start(fileserver, { args: [directory] }));
  return new Map<string, Subject>([
    ...(nginx ? [["nginx", { server: nginx }]] as const : []),
    ["Go's FileServer", { server: go }],
    ["local files", await ours({ STORAGE_BACKEND: "pvc", PVC_STORAGE_PATH: directory })],
    ["memory", await ours({ STORAGE_BACKEND: "memory" }, [directory])],
    ["S3 gateway, cached", await ours(services.s3)],
    ["S3 gateway, no cache", await ours(services.s3, noCache)],
    ["S3 redirect", { ...await ours({ ...services.s3, S3_URL_MODE: "redirect" }), status: 302 }],
    ["S3 itself", { server: services.s3Server, path: services.signedPath }],
    ["Redis gateway, cached", await ours(services.redis)],
    ["Redis gateway, no cache", await ours(services.redis, noCache)],
  ]);
}

/** In each round all are asked in turn, so that they see the same machine; before the first, once unmeasured. */
async function askAll(
  { program, runs }: Place,
  subjects: Subjects,
  { keys, clients }: Asking,
): Promise<ReadonlyMap<string, readonly Served[]>> {
  const rounds = new Map<string, Served[]>();
  for (const [name, { server, path, ...rest }] of subjects) {
    const paths = path ? await Promise.all(keys.map(path)) : keys;
    const load: Load = { program, paths, clients, seconds: 0, ...rest };
    await runLoad(server, load);
    rounds.set(name, []);
  }
  // Many short ones: what else the machine does then spoils some of them, and not the median.
  for (let round = 0; round <= 2 * runs; round++) {
    for (const [name, { server, path, ...rest }] of subjects) {
      const paths = path ? await Promise.all(keys.map(path)) : keys;
      resetPeak(server.pid);
      rounds.get(name)!.push(
        await runLoad(server, { program, paths, clients, seconds: 1, ...rest }),
      );
    }
  }
  return rounds;
}

/** Each beside the peer of the same round. */
function compare(
  rounds: ReadonlyMap<string, readonly Served[]>,
  { row, figure, peer }: Asking,
): readonly Bar[] {
  const beside = rounds.get(peer)!;
  return [...rounds].flatMap(([name, served]) => {
    const measured = median(served.map((each, run) => each[figure] / beside[run]![figure]));
    const unit = figure === "requestsPerSecond" ? "requests/s" : "MB/s";
    const what = `${name}: ${unit} ÷ ${peer === "nginx" ? "nginx's" : "Go's"}`;
    // A redirect sends no bytes.
    return measured > 0 ? [{ row, what, measured, unit: "×", beside: servedWords(served) }] : [];
  });
}

function compareCaches(
  rounds: ReadonlyMap<string, readonly Served[]>,
  { row, figure }: Asking,
): readonly Bar[] {
  const files = rounds.get("local files")!;
  return ["S3 gateway, cached", "Redis gateway, cached"].map((name) => {
    const served = rounds.get(name)!;
    const ratio = (of: Figure | "microsecondsPerRequest") =>
      median(files.map((each, run) => each[of] / served[run]![of]));
    return {
      ...{ row, what: `local files ÷ ${name}`, unit: "×", bar: gatewayBar },
      measured: ratio(figure),
      beside: `CPU a request ${(1 / ratio("microsecondsPerRequest")).toFixed(2)} × that of files`,
    };
  });
}

/** Artifacts that a gateway gets from S3 at this moment, each time in a new process. */
async function cold(place: Place): Promise<readonly Bar[]> {
  const { services, others, program, runs } = place;
  const small: Served[] = [];
  const large: Served[] = [];
  const direct: { readonly small: Served[]; readonly large: Served[] } = { small: [], large: [] };
  const loads = [
    { keys: others.small, clients: 8, ours: small, peers: direct.small },
    { keys: others.large, clients: 1, ours: large, peers: direct.large },
  ];
  for (let run = 0; run < runs; run++) {
    await using gateway = await MeasuredServer.startOurs({ env: services.s3 });
    for (const { keys, clients, ours, peers } of loads) {
      const load = { program, clients, seconds: 0 };
      resetPeak(gateway.pid);
      ours.push(await runLoad(gateway, { ...load, paths: keys }));
      const paths = await Promise.all(keys.map(services.signedPath));
      peers.push(await runLoad(services.s3Server, { ...load, paths }));
    }
  }
  const bar = (row: string, figure: Figure, [ours, peers]: readonly [Served[], Served[]]) => ({
    ...{ row, what: "÷ S3 itself", unit: "×" },
    measured: median(ours.map((each, run) => each[figure] / peers[run]![figure])),
    beside: `${servedWords(ours)}; S3 itself: ${servedWords(peers)}`,
  });
  return [
    bar("50 KB, S3 gateway, cold", "requestsPerSecond", [small, direct.small]),
    bar("100 MB, S3 gateway, cold", "megabytesPerSecond", [large, direct.large]),
  ];
}
