/**
 * The artifact server beside Go's `http.FileServer` and nginx, and under attack: DESIGN §14, rows "serving". Needs Go;
 * nginx is measured if it is installed. Prints a table of ratios and exits 1 if one is missed.
 *
 *     deno run -A tests/bench/serve.ts
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { artifactKey } from "../../src/core/artifact_key.ts";
import { buildPeers, type Peers } from "./build_peers.ts";
import { MeasuredServer } from "./measured_server.ts";

const largeBytes = 100_000_000;
const smallArtifact = crypto.getRandomValues(new Uint8Array(50_000));
const largeArtifact = new Uint8Array(largeBytes).fill(7);
const key = (bytes: Uint8Array) =>
  artifactKey({
    namespace: "bench",
    name: "bench",
    hex: createHash("sha256").update(bytes).digest("hex"),
  });
const small = key(smallArtifact);
const large = key(largeArtifact);
const mebi = 1024 * 1024;

interface Load {
  readonly clients: number;
  readonly seconds: number;
  readonly once?: boolean;
}

interface Served {
  readonly requestsPerSecond: number;
  readonly megabytesPerSecond: number;
  /** Of the server's processor time. */
  readonly microsecondsPerRequest: number;
}

interface Bar {
  readonly what: string;
  readonly reached: number;
  readonly bar: number;
  readonly atMost?: true;
}

class Bench {
  readonly #peers: Peers;
  readonly #directory: string;

  constructor(peers: Peers, directory: string) {
    this.#peers = peers;
    this.#directory = directory;
  }

  async load(server: MeasuredServer, path: string, load: Load): Promise<Served> {
    const before = server.cpuSeconds();
    const command = new Deno.Command(this.#peers.load, {
      args: ["get", server.port, `/${path}`, load.clients, load.seconds, load.once ?? false].map(
        String,
      ),
    });
    const { success, stdout, stderr } = await command.output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    const [requests = 0, bytes = 0, seconds = 0] = new TextDecoder().decode(stdout).split(" ")
      .map(Number);
    return {
      requestsPerSecond: requests / seconds,
      megabytesPerSecond: bytes / seconds / 1e6,
      microsecondsPerRequest: (server.cpuSeconds() - before) / requests * 1e6,
    };
  }

  /** @param cacheDirectory makes it a gateway */
  ours(...cacheDirectory: readonly string[]): Promise<MeasuredServer> {
    const script = new URL("artifact_process.ts", import.meta.url).pathname;
    const flags = [
      "run",
      "--allow-all",
      "--v8-flags=--max-semi-space-size=2,--heap-growing-percent=25",
    ];
    return MeasuredServer.start(Deno.execPath(), [
      ...flags,
      script,
      this.#directory,
      ...cacheDirectory,
    ]);
  }

  go(): Promise<MeasuredServer> {
    return MeasuredServer.start(this.#peers.fileserver, [this.#directory]);
  }

  nginx(): Promise<MeasuredServer | undefined> {
    return MeasuredServer.startNginx(this.#directory);
  }

  /** Each in turn, so that both see the same machine; the best of five rounds is the least disturbed one. */
  async beside(peer: MeasuredServer, path: string, load: Load): Promise<[Served, Served]> {
    await using ours = await this.ours();
    const rounds: [Served, Served][] = [];
    for (let i = 0; i < 5; i++) {
      rounds.push([await this.load(ours, path, load), await this.load(peer, path, load)]);
    }
    return [best(rounds.map(([own]) => own)), best(rounds.map(([, other]) => other))];
  }

  async smallOnes(): Promise<readonly Bar[]> {
    await using go = await this.go();
    const [own, peer] = await this.beside(go, small, { clients: 8, seconds: 3 });
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
    const [own, peer] = await this.beside(nginx, large, { clients: 1, seconds: 2 });
    say(`100 MB: ${words(own)}; nginx: ${words(peer)}`);
    return [{
      what: "100 MB: MB/s ÷ nginx's",
      reached: own.megabytesPerSecond / peer.megabytesPerSecond,
      bar: 0.9,
    }];
  }

  async tenAtOnce(): Promise<readonly Bar[]> {
    await using ours = await this.ours();
    await this.load(ours, large, { clients: 10, seconds: 0, once: true });
    return [{
      what: "100 MB, 10 at once: MiB of memory",
      reached: ours.peakBytes() / mebi,
      bar: 130,
      atMost: true,
    }];
  }

  /** A gateway reads each artifact once from the store, and then from its cache. */
  async gateway(): Promise<readonly Bar[]> {
    const cache = await Deno.makeTempDir({ prefix: "externalsource-bench-cache-" });
    await using gateway = await this.ours(cache);
    await this.load(gateway, large, { clients: 10, seconds: 0, once: true });
    const peak = gateway.peakBytes();
    const bars: Bar[] = [{
      what: "gateway: 100 MB, 10 at once: MiB of memory",
      reached: peak / mebi,
      bar: 130,
      atMost: true,
    }];
    const loads = [["50 KB", small, 8, 3], ["100 MB", large, 1, 2]] as const;
    for (const [what, path, clients, seconds] of loads) {
      const [files, cached] = await this.beside(gateway, path, { clients, seconds });
      say(`gateway: ${what}: ${words(cached)}; local files: ${words(files)}`);
      bars.push({
        what: `gateway: ${what}: requests/s of local files ÷ its own`,
        reached: files.requestsPerSecond / cached.requestsPerSecond,
        bar: 1.2,
        atMost: true,
      });
    }
    await Deno.remove(cache, { recursive: true });
    return bars;
  }

  /** 5,000 silent clients and 500 that do not read; downloads begin before them and go on beside them. */
  async attacked(): Promise<readonly Bar[]> {
    await using ours = await this.ours();
    await this.load(ours, small, { clients: 8, seconds: 2 });
    await this.load(ours, large, { clients: 10, seconds: 0, once: true });
    const before = ours.residentBytes();
    const slow = await slowDownload(`http://127.0.0.1:${ours.port}/${large}`);
    const attack = new Deno.Command(this.#peers.load, {
      args: ["attack", `${ours.port}`, `/${large}`, "5000", "500"],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    await attack.stdout.getReader().read();
    const beside = await this.load(ours, small, { clients: 2, seconds: 3 });
    const received = await slow.rest();
    say(`under attack: ${words(beside)}; the slow download got ${received} of ${largeBytes} bytes`);
    await attack.stdin.close();
    await attack.status;
    return [
      {
        what: "attack: MiB of memory more",
        reached: (ours.peakBytes() - before) / mebi,
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
  await Deno.mkdir(join(directory, small, ".."), { recursive: true });
  await Deno.writeFile(join(directory, small), smallArtifact);
  await Deno.writeFile(join(directory, large), largeArtifact);
  const bench = new Bench(await buildPeers(), directory);
  const bars = [
    ...await bench.smallOnes(),
    ...await bench.largeOnes(),
    ...await bench.tenAtOnce(),
    ...await bench.gateway(),
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
