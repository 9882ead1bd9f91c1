import assert from "node:assert/strict";
import net, { type Socket } from "node:net";
import { settle } from "../../../tests/settle.ts";
import { startTcp, until, type Upstream } from "../../../tests/upstream.ts";
import { ConnectionPools, type PoolLimits } from "./connection_pools.ts";
import type { Target } from "./open_socket.ts";

const signal = new AbortController().signal;

async function start(limits: Partial<PoolLimits>) {
  const upstream = await startTcp(() => {});
  const unbounded = {
    idleTimeoutMs: Infinity,
    maxIdle: Infinity,
    maxIdlePerTarget: Infinity,
    maxPerTarget: Infinity,
  };
  const pools = new ConnectionPools({ ...unbounded, ...limits }, () => connect(upstream));
  return {
    upstream,
    pools,
    async [Symbol.asyncDispose]() {
      await pools.close();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

function connect({ port }: Upstream): Promise<Socket> {
  const socket = net.connect({ host: "127.0.0.1", port });
  return new Promise((resolve) => socket.once("connect", () => resolve(socket)));
}

const target = (overrides: Partial<Target> = {}): Target => ({
  url: new URL("http://a.example/x"),
  proxy: undefined,
  ca: undefined,
  insecureSkipVerify: false,
  ...overrides,
});

Deno.test("acquire() shares a connection only between equal targets, path and query aside", async () => {
  await using setup = await start({});
  const { pools } = setup;
  const proxy = { url: new URL("http://p/"), authorization: undefined };
  const others = [
    target({ url: new URL("https://a.example/x") }),
    target({ url: new URL("http://a.example:81/x") }),
    target({ url: new URL("http://b.example/x") }),
    target({ ca: "pem" }),
    target({ insecureSkipVerify: true }),
    target({ proxy }),
    target({ proxy: { ...proxy, authorization: "Basic x" } }),
  ];
  for (const each of [target(), ...others]) {
    const connection = await pools.acquire(each, signal);
    assert.equal(connection.reused, false);
    pools.release(connection, true);
  }
  assert.equal(pools.size, 8);
  const same = await pools.acquire(target({ url: new URL("http://a.example/y?z") }), signal);
  assert.equal(same.reused, true);
  assert.equal(pools.size, 8);
});

Deno.test("acquire() waits for a place, in order, and gives up with its signal", async () => {
  await using setup = await start({ maxPerTarget: 1 });
  const { pools } = setup;
  const first = await pools.acquire(target(), signal);
  const got: string[] = [];
  const wait = (name: string, waitSignal = signal) =>
    pools.acquire(target(), waitSignal).then((connection) => {
      got.push(name);
      return connection;
    });
  const abort = new AbortController();
  const [second, aborted, third] = [wait("second"), wait("aborted", abort.signal), wait("third")];
  abort.abort(new Error("enough"));
  await assert.rejects(aborted, /enough/);
  await settle();
  assert.deepEqual(got, []);
  pools.release(first, true);
  pools.release(await second, false);
  assert.equal((await third).reused, false);
  assert.deepEqual(got, ["second", "third"]);
  assert.equal(pools.size, 1);
});

Deno.test("acquire() leaves its place to the next if it cannot connect", async () => {
  let fail = true;
  const upstream = await startTcp(() => {});
  const pools = new ConnectionPools(
    { idleTimeoutMs: 1_000, maxIdle: 1, maxIdlePerTarget: 1, maxPerTarget: 1 },
    () => fail ? Promise.reject(new Error("refused")) : connect(upstream),
  );
  const [first, second] = [pools.acquire(target(), signal), pools.acquire(target(), signal)];
  await assert.rejects(first, /refused/);
  await assert.rejects(second, /refused/);
  fail = false;
  assert.equal((await pools.acquire(target(), signal)).reused, false);
  await pools.close();
  await upstream[Symbol.asyncDispose]();
});

Deno.test("release() keeps no more idle connections than it may, of a target and in all", async () => {
  await using setup = await start({ maxIdle: 3, maxIdlePerTarget: 2 });
  const { pools, upstream } = setup;
  const hosts = ["a", "a", "a", "b", "b"];
  const connections = await Promise.all(
    hosts.map((host) => pools.acquire(target({ url: new URL(`http://${host}/`) }), signal)),
  );
  assert.equal(pools.size, 5);
  for (const connection of connections) pools.release(connection, true);
  assert.equal(pools.size, 3);
  await until(() => upstream.sockets.size === 3);
  const left = async (host: string) =>
    (await pools.acquire(target({ url: new URL(`http://${host}/`) }), signal)).reused;
  assert.deepEqual([await left("a"), await left("a")], [true, false], "the oldest go first");
  assert.deepEqual([await left("b"), await left("b")], [true, true]);
});

Deno.test("acquire() never gives out a connection that the other side has closed", async () => {
  await using setup = await start({});
  const { pools, upstream } = setup;
  pools.release(await pools.acquire(target(), signal), true);
  for (const socket of upstream.sockets) socket.destroy();
  await until(() => pools.size === 0);
  assert.equal((await pools.acquire(target(), signal)).reused, false);
});
