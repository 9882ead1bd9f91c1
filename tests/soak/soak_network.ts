import { runCommand } from "../run_command.ts";
import { isRunning } from "./is_running.ts";

/** A replica's place: a network namespace of its own with one link to the API server and one to everybody else. */
export interface NetworkPlace {
  /** For `ip netns exec`. */
  readonly namespace: string;
  /** Where others reach it. */
  readonly address: string;
}

const prefix = "soak-";
const ip = (...args: string[]) => runCommand("ip", { args });

interface Names {
  readonly run: number;
  /** `10.X.Y`: the lower half is the network of the API server, the upper half everybody else's. */
  readonly net: string;
}

/**
 * A network as a cluster's, of bridges and veth pairs; needs root and iproute2. A partition takes one link off its bridge:
 * what is sent over it is lost in silence, both ways, and nobody is told. Names and addresses are those of this process.
 */
export class SoakNetwork implements AsyncDisposable {
  /** Of the API server. */
  readonly apiAddress: string;
  /** Of upstreams, stores and the balancer. */
  readonly address: string;
  readonly #names: Names;
  readonly #places: NetworkPlace[] = [];

  private constructor(names: Names) {
    this.#names = names;
    this.apiAddress = `${names.net}.1`;
    this.address = `${names.net}.129`;
  }

  /** Makes it, and removes what killed runs have left. */
  static async create(replicas: number): Promise<SoakNetwork> {
    await removeLeftovers();
    const network = new SoakNetwork({ run: Deno.pid, net: await freeNet() });
    try {
      await network.#addBridge("a", network.apiAddress);
      await network.#addBridge("d", network.address);
      for (let index = 0; index < replicas; index++) await network.#addPlace(index);
      return network;
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
  }

  place(index: number): NetworkPlace {
    return this.#places[index]!;
  }

  /** Between a replica and the API server nothing passes any more, or everything does again. */
  async setPartition(index: number, isCut: boolean): Promise<void> {
    const link = this.#link("a", index);
    if (isCut) await ip("link", "set", link, "nomaster");
    else await ip("link", "set", link, "master", this.#bridge("a"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeRun(this.#names.run);
  }

  #bridge(side: string): string {
    return `sk${this.#names.run}${side}`;
  }

  #link(side: string, index: number): string {
    return `${this.#bridge(side)}${index}`;
  }

  async #addBridge(side: string, address: string): Promise<void> {
    const bridge = this.#bridge(side);
    await ip("link", "add", bridge, "type", "bridge");
    await ip("addr", "add", `${address}/25`, "dev", bridge);
    await ip("link", "set", bridge, "up");
  }

  async #addPlace(index: number): Promise<void> {
    const namespace = `${prefix}${this.#names.run}-${index}`;
    const { net } = this.#names;
    await ip("netns", "add", namespace);
    await ip("-n", namespace, "link", "set", "lo", "up");
    for (const [side, address] of [["a", `${net}.${11 + index}`], ["d", `${net}.${139 + index}`]]) {
      const link = this.#link(side!, index);
      await ip("link", "add", link, "type", "veth", "peer", "name", side!, "netns", namespace);
      await ip("-n", namespace, "addr", "add", `${address}/25`, "dev", side!);
      await ip("-n", namespace, "link", "set", "dev", side!, "up");
      await ip("link", "set", link, "master", this.#bridge(side!), "up");
    }
    this.#places.push({ namespace, address: `${net}.${139 + index}` });
  }
}

async function freeNet(): Promise<string> {
  const taken = await ip("-4", "-oneline", "addr");
  while (true) {
    const part = (from: number, count: number) => from + Math.floor(Math.random() * count);
    const net = `10.${part(128, 100)}.${part(0, 256)}`;
    if (!taken.includes(` ${net}.`)) return net;
  }
}

/** Runs whose process has ended. Their replicas are in their namespaces, and nobody else is. */
async function removeLeftovers(): Promise<void> {
  const found = (await ip("netns", "list")).matchAll(/^soak-(\d+)-/gm);
  for (const run of new Set([...found].map(([, pid]) => Number(pid)))) {
    if (!await isRunning(run)) await removeRun(run);
  }
}

async function removeRun(run: number): Promise<void> {
  const namespaces = (await ip("netns", "list")).split("\n")
    .map((line) => line.split(" ", 1)[0]!)
    .filter((name) => name.startsWith(`${prefix}${run}-`));
  for (const namespace of namespaces) {
    for (const pid of (await ip("netns", "pids", namespace)).split("\n").filter(Boolean)) {
      Deno.kill(Number(pid), "SIGKILL");
    }
    await ip("netns", "delete", namespace);
  }
  for (const side of ["a", "d"]) await ip("link", "delete", `sk${run}${side}`).catch(() => {});
}
