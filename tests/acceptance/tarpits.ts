import { startTcp, type Upstream } from "../upstream.ts";
import type { FluxWorld } from "./flux_world.ts";

/** Hosts that accept connections and never answer; two are told apart by their port. */
export class Tarpits implements AsyncDisposable {
  readonly #hosts: readonly Upstream[];

  private constructor(hosts: readonly Upstream[]) {
    this.#hosts = hosts;
  }

  static async start(count: number): Promise<Tarpits> {
    return new Tarpits(await Promise.all(Array.from({ length: count }, () => startTcp(() => {}))));
  }

  /** Hosts that hold a connection now. */
  get holding(): number {
    return this.#hosts.filter(({ sockets }) => sockets.size > 0).length;
  }

  /** Connections there ever were. */
  get accepted(): number {
    return this.#hosts.reduce((sum, { accepted }) => sum + accepted, 0);
  }

  get origins(): readonly string[] {
    return this.#hosts.map(({ origin }) => origin);
  }

  /** Creates so many sources of each host. */
  async createSources(world: FluxWorld, perHost: number): Promise<void> {
    for (let index = 0; index < perHost; index++) {
      await Promise.all(this.#hosts.map(({ origin }, host) => {
        const generator = { type: "http", http: { url: `${origin}/${index}` } };
        return world.createSource(`tarpit-${host}-${index}`, { generator });
      }));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of this.#hosts) await host[Symbol.asyncDispose]();
  }
}
