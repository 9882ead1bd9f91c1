import { fileURLToPath } from "node:url";
import type { KeyAndCertificate } from "./certificate_authority.ts";
import { runCommand } from "./run_command.ts";

const envScript = fileURLToPath(new URL("cluster/env.sh", import.meta.url));

/** Milliseconds; a server starts within a tenth of it. */
const patienceMs = 20_000;

/** What a server is told beside its port and directory. */
export interface RedisServerOptions {
  /** `--appendonly yes` and the like; without them nothing is written to disk. */
  readonly args?: readonly string[];
  readonly password?: string;
  /** Then it answers over TLS only. */
  readonly tls?: KeyAndCertificate & { readonly authority: string };
  readonly port?: number;
}

/** A real redis-server on loopback. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  readonly directory: string;
  /** What redis-cli prints for a command. */
  cli(...command: string[]): Promise<string>;
  /** Ends it as a power cut does. */
  kill(): Promise<void>;
  /** Starts it again where it was, with the data on its disk, if any. */
  restart(): Promise<void>;
}

/** Ports below those that the kernel gives to clients, so that a server that is down finds its own again. */
async function freePorts(count: number): Promise<number[]> {
  const script = `here=$(dirname "$0"); . "$0"; free_ports "$1"`;
  const out = await runCommand("sh", { args: ["-c", script, envScript, `${count}`] });
  return out.split("\n").map(Number);
}

/** Milliseconds of the real clock; tests of real processes wait for them. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Asks every 20 ms until something is so; fails with what it said last. */
export async function eventually(question: () => Promise<unknown>): Promise<void> {
  const end = Date.now() + patienceMs;
  for (let last: unknown = "";; await pause(20)) {
    try {
      last = await question();
      if (last === true) return;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`Still not so after ${patienceMs} ms: ${last}`);
  }
}

async function tlsArgs(directory: string, tls: NonNullable<RedisServerOptions["tls"]>) {
  const files = { "cert.pem": tls.cert, "key.pem": tls.key, "ca.pem": tls.authority };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${directory}/${name}`, text);
  }
  return [
    ...["--tls-cert-file", `${directory}/cert.pem`, "--tls-key-file", `${directory}/key.pem`],
    ...["--tls-ca-cert-file", `${directory}/ca.pem`, "--tls-auth-clients", "no"],
  ];
}

/** Starts a server and waits until it answers. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const { args = [], password, tls } = options;
  const port = options.port ?? (await freePorts(1))[0]!;
  const directory = await Deno.makeTempDir({ prefix: "redis-" });
  const ports = tls
    ? ["--port", "0", "--tls-port", `${port}`, ...await tlsArgs(directory, tls)]
    : ["--port", `${port}`];
  const all = [
    ...[...ports, "--bind", "127.0.0.1", "--dir", directory, "--save", "", "--appendonly", "no"],
    ...["--logfile", `${directory}/log`],
    ...(password === undefined ? [] : ["--requirepass", password, "--masterauth", password]),
    ...args,
  ];
  const cli = (...command: string[]) =>
    runCommand("redis-cli", {
      args: [
        ...["-h", tls ? "localhost" : "127.0.0.1", "-p", `${port}`, "--raw"],
        ...(tls ? ["--tls", "--cacert", `${directory}/ca.pem`] : []),
        ...command,
      ],
      env: password === undefined ? {} : { REDISCLI_AUTH: password },
    });
  const spawn = async () => {
    const child = new Deno.Command("redis-server", { args: all, stdout: "null" }).spawn();
    await eventually(async () => await cli("ping") === "PONG");
    return child;
  };
  let child: Deno.ChildProcess | undefined = await spawn();
  const kill = async () => {
    child?.kill("SIGKILL");
    await child?.status;
    child = undefined;
  };
  return {
    port,
    directory,
    cli,
    kill,
    async restart() {
      child ??= await spawn();
    },
    async [Symbol.asyncDispose]() {
      await kill();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

/** Several servers that belong together. */
export interface RedisGroup extends AsyncDisposable {
  readonly servers: readonly RedisServer[];
  /** For `REDIS_URL`. */
  readonly url: string;
}

async function disposeAll(servers: readonly RedisServer[]): Promise<void> {
  await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
}

/** A cluster of three masters. */
export async function startRedisCluster(
  options: Pick<RedisServerOptions, "args"> = {},
): Promise<RedisGroup> {
  const ports = await freePorts(6);
  const servers = await Promise.all([0, 1, 2].map((index) =>
    startRedis({
      port: ports[index]!,
      args: [
        ...["--cluster-enabled", "yes"],
        ...["--cluster-port", `${ports[index + 3]}`, "--cluster-require-full-coverage", "no"],
        ...options.args ?? [],
      ],
    })
  ));
  const slots = [["0", "5460"], ["5461", "10922"], ["10923", "16383"]];
  for (const [index, server] of servers.entries()) {
    await server.cli("cluster", "addslotsrange", ...slots[index]!);
    await server.cli("cluster", "set-config-epoch", `${index + 1}`);
  }
  for (const index of [1, 2]) {
    const [port, bus] = [ports[index]!, ports[index + 3]!];
    await servers[0]!.cli("cluster", "meet", "127.0.0.1", `${port}`, `${bus}`);
  }
  await eventually(async () => {
    const infos = await Promise.all(servers.map((server) => server.cli("cluster", "info")));
    return infos.every((info) => /cluster_state:ok[^]*cluster_known_nodes:3/.test(info));
  });
  return {
    servers,
    url: `redis+cluster://${ports.slice(0, 3).map((port) => `127.0.0.1:${port}`).join(",")}`,
    [Symbol.asyncDispose]: () => disposeAll(servers),
  };
}

/** A {@linkcode RedisGroup} with a Sentinel. */
export interface RedisSentinelGroup extends RedisGroup {
  /** What the Sentinel answers to a command. */
  ask(...command: string[]): Promise<string>;
  /** Host and port, in lines, of the one that it takes for the master. */
  address(): Promise<string>;
}

/**
 * A master, a replica and one Sentinel.
 *
 * @param options `downAfterMs`: a master that is silent for so long is replaced, even if this machine was merely busy
 */
export async function startRedisSentinel(
  { downAfterMs }: { readonly downAfterMs: number },
): Promise<RedisSentinelGroup> {
  const master = await startRedis({ args: ["--repl-diskless-sync-delay", "0"] });
  const replica = await startRedis({
    args: ["--replicaof", "127.0.0.1", `${master.port}`, "--repl-diskless-sync-delay", "0"],
  });
  const [port, deadPort] = await freePorts(2) as [number, number];
  const directory = await Deno.makeTempDir({ prefix: "redis-" });
  const configuration = `port ${port}
bind 127.0.0.1
dir ${directory}
logfile ${directory}/log
sentinel monitor ours 127.0.0.1 ${master.port} 1
sentinel down-after-milliseconds ours ${downAfterMs}
sentinel failover-timeout ours 10000
`;
  await Deno.writeTextFile(`${directory}/sentinel.conf`, configuration);
  const sentinel = new Deno.Command("redis-sentinel", {
    args: [`${directory}/sentinel.conf`],
    stdout: "null",
  }).spawn();
  const ask = (...command: string[]) =>
    runCommand("redis-cli", { args: ["-p", `${port}`, "--raw", ...command] });
  await eventually(async () => (await ask("sentinel", "replicas", "ours")).includes("127.0.0.1"));
  await eventually(async () =>
    /master_link_status:up/.test(await replica.cli("info", "replication"))
  );
  return {
    servers: [master, replica],
    ask,
    address: () => ask("sentinel", "get-master-addr-by-name", "ours"),
    // Nobody listens at the first one.
    url: `redis+sentinel://127.0.0.1:${deadPort},127.0.0.1:${port}/ours`,
    async [Symbol.asyncDispose]() {
      sentinel.kill("SIGKILL");
      await sentinel.status;
      await disposeAll([master, replica]);
      await Deno.remove(directory, { recursive: true });
    },
  };
}
