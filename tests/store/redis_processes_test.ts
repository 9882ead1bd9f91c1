import { strict as assert } from "node:assert";
import { fileURLToPath } from "node:url";
import { parseArtifactKey } from "../../src/core/artifact_key.ts";
import { pause } from "../redis_server.ts";
import { inRedisWorld, keysToStay, type RedisWorld } from "./redis_world.ts";

const programs = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const v8 = "--v8-flags=--max-semi-space-size=2,--heap-growing-percent=25"; // as the program has them
const run = ["run", "-A", "--quiet", "--cached-only", v8];

/** Runs a writer, kills it when so many puts are done and some more time has passed; gives the keys that were done. */
async function killAfter(args: readonly string[], puts: number, moreMs: number): Promise<string[]> {
  const child = new Deno.Command(Deno.execPath(), { args: [...args], stdout: "piped" }).spawn();
  let lines = "";
  let killing: Promise<void> | undefined;
  for await (const piece of child.stdout) {
    lines += new TextDecoder().decode(piece);
    if (lines.split("\n").length <= puts) continue;
    killing ??= pause(moreMs).then(() => child.kill("SIGKILL"));
  }
  assert.equal((await child.status).signal, "SIGKILL");
  return lines.split("\n").slice(0, -1);
}

/** What is listed; each has the bytes that its name promises, and nothing but that stays for ever. */
async function expectWhole({ server, store }: RedisWorld): Promise<Set<string>> {
  const listed = new Set<string>();
  for await (const { key } of store.list("")) {
    assert.ok(await store.verify(key, `sha256:${parseArtifactKey(key)!.hex}`), key);
    listed.add(key);
  }
  for (const name of await keysToStay(server)) {
    const key = /\{(artifacts\/[^}]*)\}/.exec(name)?.[1];
    assert.ok(key === undefined || listed.has(key), `${name} is left for ever`);
  }
  return listed;
}

Deno.test("RedisStore shows no part, keeps every finished put and leaves nothing, whenever it is killed", () =>
  inRedisWorld(async (world) => {
    const { server, url, pack, directory } = world;
    let leftovers = 0;
    for (let round = 1; round <= 10; round++) {
      await server.cli("flushall");
      const sizes = [1_000, 3_000_000, 5_000, 3_000_000, 3_000_000];
      const packed = await Promise.all(sizes.map((size, at) => pack(round * 10 + at, size + at)));
      const putsFile = `${directory}/puts.json`;
      await Deno.writeTextFile(putsFile, JSON.stringify(packed));
      const args = [...run, programs("redis_writer.ts"), url, putsFile];
      const done = await killAfter(args, 1 + round % 4, Math.random() * 30);
      const listed = await expectWhole(world);
      for (const key of done) assert.ok(listed.has(key), `${key} is lost`);
      const stay = (await keysToStay(server)).length;
      if (Number(await server.cli("dbsize")) > stay) leftovers++;
    }
    assert.ok(leftovers > 0, "no kill came in the middle of a put: this proved nothing");
  }));

Deno.test("RedisStore puts and reads large artifacts many at once in little memory", () =>
  inRedisWorld(async ({ url, pack }) => {
    const { key, artifact } = await pack(1, 60 * 2 ** 20);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [...run, programs("redis_reader.ts"), url, key, JSON.stringify(artifact)],
    }).output();
    const { before, highest, read } = JSON.parse(new TextDecoder().decode(stdout) || "{}") as {
      readonly [figure: string]: number;
    };
    assert.equal(read, 10 * artifact.size, new TextDecoder().decode(stderr));
    const grown = (highest! - before!) / 2 ** 20;
    console.log(`${grown.toFixed(0)} MiB more while 660 MiB passed`);
    // Garbage that V8 has not collected yet; it does not grow with the artifact.
    assert.ok(grown < 250, `${grown} MiB`);
  }));
