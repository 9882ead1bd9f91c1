import { CertificateAuthority } from "../certificate_authority.ts";
import { type StoreTestContext, testStore } from "../contract/store.ts";
import {
  type RedisGroup,
  startRedis,
  startRedisCluster,
  startRedisSentinel,
} from "../redis_server.ts";
import { openRedis } from "./redis_world.ts";

type Values = Parameters<typeof openRedis>[0];

/** Runs the contract on what `start` starts; each test has a prefix of its own. */
function testRedis(
  kind: string,
  start: () => Promise<AsyncDisposable & { readonly values: Values }>,
): void {
  let group: Awaited<ReturnType<typeof start>> | undefined;
  Deno.test.beforeAll(async () => {
    group = await start();
  });
  Deno.test.afterAll(async () => {
    await group?.[Symbol.asyncDispose]();
  });
  const open = ({ clock, id }: StoreTestContext) =>
    openRedis({ redisPrefix: `${id}:`, ...group!.values }, clock);
  testStore(`RedisStore (${kind})`, open, { openAnother: open, manyKeys: 600 });
}

function withUrl(group: RedisGroup) {
  return {
    values: { redisUrl: group.url },
    [Symbol.asyncDispose]: () => group[Symbol.asyncDispose](),
  };
}

testRedis("one server", async () => {
  const server = await startRedis();
  return {
    values: { redisUrl: `redis://127.0.0.1:${server.port}/2` },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
});

testRedis("TLS and password", async () => {
  const authority = new CertificateAuthority();
  const certificate = authority.issue({ hosts: ["localhost"] });
  const tls = { ...certificate, authority: authority.pem };
  const server = await startRedis({ tls, password: "pass:w@rd/%" });
  const [redisCaFile, redisPasswordFile] = ["ca", "password"].map((name) =>
    `${server.directory}/${name}`
  ) as [string, string];
  await Deno.writeTextFile(redisCaFile, authority.pem);
  await Deno.writeTextFile(redisPasswordFile, "pass:w@rd/%\n");
  return {
    values: { redisUrl: `rediss://localhost:${server.port}`, redisCaFile, redisPasswordFile },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
});

testRedis("cluster", async () => withUrl(await startRedisCluster()));

testRedis("Sentinel", async () => withUrl(await startRedisSentinel()));
