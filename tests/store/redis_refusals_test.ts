import { strict as assert } from "node:assert";
import { CertificateAuthority } from "../certificate_authority.ts";
import { type RedisServer, startRedisCluster } from "../redis_server.ts";
import { inRedisWorld, openRedis, type Packed, type RedisValues } from "./redis_world.ts";

/** What keeps a store from a server; "nothing" if it takes an artifact. */
async function refusalOf(values: RedisValues, { key, artifact }: Packed): Promise<string> {
  const store = await openRedis(values);
  try {
    return await store.put(key, artifact).then(() => "nothing", (error: Error) => {
      assert.doesNotMatch(Deno.inspect(error), /canary/);
      return error.message.replace(/^Cannot store "[^"]*" in Redis: /, "");
    });
  } finally {
    await store.close();
  }
}

interface Refusal {
  readonly url: string;
  readonly says: RegExp;
}

async function expectRefusals(packed: Packed, refusals: readonly Refusal[]): Promise<void> {
  for (const { url, says } of refusals) {
    assert.match(await refusalOf({ redisUrl: url }, packed), says, url);
  }
}

Deno.test("RedisStore says what is wrong with its address or password, and no secret", () =>
  inRedisWorld(async ({ server, pack }) => {
    const at = `127.0.0.1:${server.port}`;
    await expectRefusals(await pack(1), [
      { url: "redis://:canary@127.0.0.1:1", says: /^the connection is refused$/ },
      { url: "redis+unix:///tmp/none.sock", says: /^there is no such socket$/ },
      { url: `redis://${at}`, says: /^it wants a password; set it in/ },
      { url: `redis://:canary-1@${at}`, says: /^it refuses user or password/ },
      { url: `redis://:canary@${at}/99`, says: /^it has no database 99; correct REDIS_URL$/ },
      { url: `redis+cluster://:canary@${at}`, says: /^it is no cluster; write REDIS_URL/ },
      { url: `redis+cluster://${at}`, says: /^it wants a password/ },
      { url: "redis+cluster://127.0.0.1:1", says: /^no node of the cluster answers$/ },
      { url: "redis+sentinel://127.0.0.1:1/ours", says: /^no Sentinel answers/ },
      { url: `redis+sentinel://${at}/ours`, says: /^no Sentinel answers/ },
    ]);
  }, { password: "canary" }));

Deno.test("RedisStore says that it was given one node of a cluster", async () => {
  await using cluster = await startRedisCluster();
  await inRedisWorld(async ({ pack }) => {
    const url = `redis://127.0.0.1:${cluster.servers[0]!.port}`;
    await expectRefusals(await pack(1), [{ url, says: /^it is a cluster; write REDIS_URL/ }]);
  });
});

Deno.test("RedisStore needs no more rights than it names", () =>
  inRedisWorld(async ({ server, pack }) => {
    const packed = await pack(1);
    const redisUrl = `redis://joe:canary@127.0.0.1:${server.port}`;
    const refusal = async (...rights: string[]) => {
      await server.cli("acl", "setuser", "joe", "reset", "on", ">canary", ...rights);
      return await refusalOf({ redisUrl }, packed);
    };
    const named = (await refusal("allkeys", "+info")).match(/[+][@a-z|]+/g)!;
    assert.equal(named.length, 7);
    assert.equal(await refusal("~externalsource:*", ...named), "nothing");
    assert.match(await refusal("~other:*", ...named), /^its user needs the keys/);
    const withoutInfo = named.filter((right) => right !== "+info");
    assert.match(
      await refusal("~externalsource:*", ...withoutInfo),
      /^it does not tell its maxmemory-policy; allow INFO to its user$/,
    );
  }));

async function writeAuthority(server: RedisServer, pem: string): Promise<string> {
  const path = await Deno.makeTempFile({ dir: server.directory });
  await Deno.writeTextFile(path, pem);
  return path;
}

const authority = new CertificateAuthority();
const tls = { ...authority.issue({ hosts: ["localhost"] }), authority: authority.pem };

Deno.test("RedisStore trusts no certificate but one of REDIS_CA_FILE for its host", () =>
  inRedisWorld(async ({ server, pack }) => {
    const packed = await pack(1);
    const ours = await writeAuthority(server, authority.pem);
    const other = await writeAuthority(server, new CertificateAuthority("other").pem);
    const url = `rediss://localhost:${server.port}`;
    const fails = /^TLS fails; see REDIS_CA_FILE$/;
    assert.equal(await refusalOf({ redisUrl: url, redisCaFile: ours }, packed), "nothing");
    assert.match(await refusalOf({ redisUrl: url, redisCaFile: other }, packed), fails);
    assert.match(await refusalOf({ redisUrl: url }, packed), fails);
    const byAddress = url.replace("localhost", "127.0.0.1");
    assert.match(await refusalOf({ redisUrl: byAddress, redisCaFile: ours }, packed), fails);
    const plain = url.replace("rediss", "redis");
    assert.match(await refusalOf({ redisUrl: plain }, packed), /^the connection was lost$/);
  }, { tls }));

Deno.test("RedisStore refuses settings that cannot be right, without a server", async () => {
  const cases: [RedisValues, RegExp][] = [
    [{}, /^Cannot use REDIS_URL: it is not set; write redis:/],
    [{ redisUrl: "redis://a:canary@b,c" }, /^Cannot use REDIS_URL: it has several hosts/],
    [
      { redisUrl: "redis://a", redisPasswordFile: "/none" },
      /^Cannot read REDIS_PASSWORD_FILE: no such file/,
    ],
    [{ redisUrl: "rediss://a", redisCaFile: "/none" }, /^Cannot read REDIS_CA_FILE: no such file/],
  ];
  for (const [values, message] of cases) {
    await assert.rejects(openRedis(values), { class: "storage", message });
  }
});

Deno.test("RedisStore opens without a server, and answers nothing any more once it is closed", () =>
  inRedisWorld(async ({ pack }) => {
    const { key } = await pack(1);
    const store = await openRedis({ redisUrl: "redis://127.0.0.1:1" });
    await store.close();
    await assert.rejects(store.stat(key), { class: "storage", message: /the store is closed$/ });
  }));
