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

interface Started extends AsyncDisposable {
  readonly values: Values;
}

/** Runs the contract on what `start` starts; each test has a prefix of its own. */
function testRedis(kind: string, manyKeys: number, start: () => Promise<Started>): void {
  let group: Started | undefined;
  Deno.test.beforeAll(async () => {
    group = await start();
  });
  Deno.test.afterAll(async () => {
    await group?.[Symbol.asyncDispose]();
  });
  const open = ({ clock, id }: StoreTestContext) =>
    openRedis({ redisPrefix: `${id}:`, ...group!.values }, clock);
  testStore(`RedisStore (${kind})`, open, { openAnother: open, manyKeys });
}

function withUrl(group: RedisGroup) {
  return {
    values: { redisUrl: group.url },
    [Symbol.asyncDispose]: () => group[Symbol.asyncDispose](),
  };
}

/** A page of the index has 500. */
const morePages = 600;
const onePage = 60;

testRedis("one server", morePages, async () => {
  const server = await startRedis();
  return {
    values: { redisUrl: `redis://127.0.0.1:${server.port}/2` },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
});

testRedis("TLS and password", onePage, async () => {
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

testRedis("cluster", morePages, async () => withUrl(await startRedisCluster()));

testRedis(
  "Sentinel",
  onePage,
  async () => withUrl(await startRedisSentinel({ downAfterMs: 60_000 })),
);
