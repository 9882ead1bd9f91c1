/**
 * The artifact server beside Go's `http.FileServer` and nginx, and under attack: DESIGN §14, rows "serving". Needs Go;
 * nginx is measured if it is installed. Prints a table of ratios and exits 1 if one is missed.
 *
 *     deno run -A tests/bench/serve.ts
 */
import { type ArtifactTree, makeArtifactTree } from "./artifact_tree.ts";
import { buildPeers, type Peers } from "./build_peers.ts";
import { type Load, type LoadedServer, runLoad, type Served } from "./load.ts";
import { MeasuredServer } from "./measured_server.ts";
import { memoryMiB } from "./process_figures.ts";

const largeBytes = 100_000_000;

interface Bar {
  readonly what: string;
  readonly reached: number;
  readonly bar: number;
  readonly atMost?: true;
}

class Bench {
  readonly #peers: Peers;
  readonly #tree: ArtifactTree;

  constructor(peers: Peers, tree: ArtifactTree) {
    this.#peers = peers;
    this.#tree = tree;
  }

  get #small(): string {
    return this.#tree.small[0]!;
  }

  get #large(): string {
    return this.#tree.large[0]!;
  }

  load(server: LoadedServer, load: Omit<Load, "program">): Promise<Served> {
    return runLoad(server, { program: this.#peers.load, ...load });
  }

  ours(): Promise<MeasuredServer> {
    const env = { STORAGE_BACKEND: "pvc", PVC_STORAGE_PATH: this.#tree.directory };
    return MeasuredServer.startOurs({ env });
  }

  go(): Promise<MeasuredServer> {
    return MeasuredServer.start(this.#peers.fileserver, { args: [this.#tree.directory] });
  }

  nginx(): Promise<MeasuredServer | undefined> {
    return MeasuredServer.startNginx(this.#tree.directory);
  }

  /** Each in turn, so that both see the same machine; the best of five rounds is the least disturbed one. */
  async beside(
    peer: MeasuredServer,
    load: Omit<Load, "program">,
  ): Promise<[Served, Served]> {
    await using ours = await this.ours();
    const rounds: [Served, Served][] = [];
    for (let i = 0; i < 5; i++) {
      rounds.push([await this.load(ours, load), await this.load(peer, load)]);
    }
    return [best(rounds.map(([own]) => own)), best(rounds.map(([, other]) => other))];
  }

  async smallOnes(): Promise<readonly Bar[]> {
    await using go = await this.go();
    const [own, peer] = await this.beside(go, {
      paths: [this.#small],
      clients: 8,
      seconds: 3,
    });
    say(`50 KB: ${words(own)}; Go: ${words(peer)}`);
    return [
      {
        what: "50 KB: requests/s ÷ Go's",
        reached: own.requestsPerSecond / peer.requestsPerSecond,
        bar: 1,
      },
      {
        what: "50 KB: CPU a request ÷ Go's",
        reached: own.microsecondsPerRequest / peer.microsecondsPerRequest,
        bar: 1.5,
        atMost: true,
      },
    ];
  }

  async largeOnes(): Promise<readonly Bar[]> {
    await using nginx = await this.nginx();
    if (!nginx) {
      say("100 MB beside nginx: not measured, nginx is not installed");
      return [];
    }
    const [own, peer] = await this.beside(nginx, {
      paths: [this.#large],
      clients: 1,
      seconds: 2,
    });
    say(`100 MB: ${words(own)}; nginx: ${words(peer)}`);
    return [{
      what: "100 MB: MB/s ÷ nginx's",
      reached: own.megabytesPerSecond / peer.megabytesPerSecond,
      bar: 0.9,
    }];
  }

  async tenAtOnce(): Promise<readonly Bar[]> {
    await using ours = await this.ours();
    await this.tenLarge(ours);
    return [{
      what: "100 MB, 10 at once: MiB of memory",
      reached: memoryMiB(ours.pid, "VmHWM"),
      bar: 130,
      atMost: true,
    }];
  }

  async tenLarge(ours: LoadedServer): Promise<void> {
    const paths = new Array<string>(10).fill(this.#large);
    await this.load(ours, { paths, clients: 10, seconds: 0 });
  }

  /** 5,000 silent clients and 500 that do not read; downloads begin before them and go on beside them. */
  async attacked(): Promise<readonly Bar[]> {
    await using ours = await this.ours();
    await this.load(ours, { paths: [this.#small], clients: 8, seconds: 2 });
    await this.tenLarge(ours);
    const before = memoryMiB(ours.pid, "VmRSS");
    const slow = await slowDownload(`http://127.0.0.1:${ours.port}/${this.#large}`);
    const attack = new Deno.Command(this.#peers.load, {
      args: ["attack", `${ours.port}`, `/${this.#large}`, "5000", "500"],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    await attack.stdout.getReader().read();
    const beside = await this.load(ours, { paths: [this.#small], clients: 2, seconds: 3 });
    const received = await slow.rest();
    say(`under attack: ${words(beside)}; the slow download got ${received} of ${largeBytes} bytes`);
    await attack.stdin.close();
    await attack.status;
    return [
      {
        what: "attack: MiB of memory more",
        reached: memoryMiB(ours.pid, "VmHWM") - before,
        bar: 50,
        atMost: true,
      },
      { what: "attack: part of a slow download", reached: received / largeBytes, bar: 1 },
    ];
  }
}

/** A download that has begun and waits until its rest is asked for. */
async function slowDownload(url: string) {
  const reader = (await fetch(url)).body!.getReader();
  let received = (await reader.read()).value?.length ?? 0;
  return {
    async rest(): Promise<number> {
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        received += next.value.length;
      }
      return received;
    },
  };
}

function best(rounds: readonly Served[]): Served {
  return {
    requestsPerSecond: Math.max(...rounds.map((round) => round.requestsPerSecond)),
    megabytesPerSecond: Math.max(...rounds.map((round) => round.megabytesPerSecond)),
    microsecondsPerRequest: Math.min(...rounds.map((round) => round.microsecondsPerRequest)),
    peakMiB: Math.max(...rounds.map((round) => round.peakMiB)),
  };
}

function words({ requestsPerSecond, megabytesPerSecond, microsecondsPerRequest }: Served): string {
  return `${requestsPerSecond.toFixed(0)} requests/s, ${megabytesPerSecond.toFixed(0)} MB/s, ` +
    `${microsecondsPerRequest.toFixed(1)} µs of CPU each`;
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

function holds({ reached, bar, atMost }: Bar): boolean {
  return atMost ? reached <= bar : reached >= bar;
}

const directory = await Deno.makeTempDir({ prefix: "externalsource-bench-" });
try {
  await Deno.chmod(directory, 0o755); // nginx's workers read it as another user
  const tree = await makeArtifactTree(directory, { small: 1, large: 1, seed: 0 });
  const bench = new Bench(await buildPeers(), tree);
  const bars = [
    ...await bench.smallOnes(),
    ...await bench.largeOnes(),
    ...await bench.tenAtOnce(),
    ...await bench.attacked(),
  ];
  for (const bar of bars) {
    const target = `${bar.atMost ? "at most" : "at least"} ${bar.bar}`;
    say(
      `${holds(bar) ? "reached" : "MISSED "}  ${bar.what}: ${bar.reached.toFixed(2)} (${target})`,
    );
  }
  Deno.exitCode = bars.every(holds) ? 0 : 1;
} finally {
  await Deno.remove(directory, { recursive: true });
}
