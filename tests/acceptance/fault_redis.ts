import { type ConnectionFault, FaultyTcpProxy } from "../proxy/faulty_tcp_proxy.ts";
import { type RedisServer, startRedis } from "../redis_server.ts";
import { below, type FaultyStore, slowness, type StoreFault } from "./fault_store.ts";

/** With every key taking so many microseconds the server says for seconds that it is loading. */
const loadKeyMicroseconds = "20000";

/** A real Redis behind a proxy. */
export async function faultyRedis(random: () => number): Promise<FaultyStore> {
  const server = await startRedis({
    args: [
      ...["--enable-debug-command", "local", "--replica-serve-stale-data", "no"],
      ...["--loading-process-events-interval-bytes", "1024"],
    ],
  });
  const way = new FaultyWay(server.port);
  const commands = commandFaults(server, way);
  const at = () => below(2 ** (6 + below(14, random)), random);
  return {
    environment: {
      STORAGE_BACKEND: "redis",
      REDIS_URL: `redis://127.0.0.1:${way.port}`,
    },
    dead: way.fault("refused", () => ({ refuse: true })),
    readOnly: commands(
      "writes refused",
      ["config", "set", "min-replicas-to-write", "1"],
      ["config", "set", "min-replicas-to-write", "0"],
    ),
    faults: [
      way.fault("refused", () => ({ refuse: true })),
      way.fault("reset", () => ({ cutAfter: at() })),
      way.fault("slow", () => ({ delayMs: slowness(random) })),
      way.fault("wrong answers", () => ({ alterAt: at() })),
      way.fault("wrong requests", () => ({ alterSentAt: at() })),
      commands("MASTERDOWN", ["replicaof", "127.0.0.1", "1"], ["replicaof", "no", "one"]),
      commands(
        "expired",
        ["config", "set", "requirepass", "another"],
        ["-a", "another", "--no-auth-warning", "config", "set", "requirepass", ""],
      ),
      commands("full", ["config", "set", "maxmemory", "1mb"], ["config", "set", "maxmemory", "0"]),
      loading(server),
      { name: "data lost", begin: async () => void await server.cli("flushall"), end: () => {} },
    ],
    async [Symbol.asyncDispose]() {
      await way[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** The connections to a server, and what befalls them. */
class FaultyWay implements AsyncDisposable {
  readonly #proxy: FaultyTcpProxy;
  #next: () => ConnectionFault = () => ({});

  constructor(port: number) {
    this.#proxy = new FaultyTcpProxy(port, () => this.#next());
  }

  get port(): number {
    return this.#proxy.port;
  }

  /** @param next what befalls each connection that is made meanwhile */
  fault(name: string, next: () => ConnectionFault): StoreFault {
    return { name, begin: () => this.#suffer(next), end: () => this.#suffer(() => ({})) };
  }

  /** Who comes next makes a new connection. */
  dropAll(): void {
    this.#proxy.dropAll();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#proxy[Symbol.asyncDispose]();
  }

  #suffer(next: () => ConnectionFault): void {
    this.#next = next;
    this.#proxy.dropAll();
  }
}

/** Faults of the server itself, as it is told by a command before and one after. */
function commandFaults(server: RedisServer, way: FaultyWay) {
  return (name: string, begin: readonly string[], end: readonly string[]): StoreFault => ({
    name,
    begin: async () => {
      await server.cli(...begin);
      way.dropAll();
    },
    end: async () => void await server.cli(...end),
  });
}

/** It reads its data back from the disk, as after a restart. */
function loading(server: RedisServer): StoreFault {
  let reloaded: Promise<unknown> = Promise.resolve();
  return {
    name: "LOADING",
    begin: async () => {
      await server.cli("config", "set", "key-load-delay", loadKeyMicroseconds);
      reloaded = server.cli("debug", "reload");
    },
    end: async () => {
      await reloaded;
      await server.cli("config", "set", "key-load-delay", "0");
    },
  };
}
