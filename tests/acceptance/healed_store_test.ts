import assert from "node:assert/strict";
import { startRedis } from "../redis_server.ts";
import { eventually } from "./eventually.ts";
import { publishedArtifacts } from "./published_artifacts.ts";
import { assertServed } from "./stored_files.ts";
import { patienceMs, StoredWorld } from "./stored_world.ts";

const names = ["whole", "corrupt", "missing"] as const;
const interval = "--scrub-interval=1s";

async function repairs(metrics: string, reason: string): Promise<number> {
  const text = await (await fetch(metrics)).text();
  const line = new RegExp(
    `^externalsource_store_repairs_total\\{reason="${reason}"\\} (\\d+)$`,
    "m",
  );
  return Number(line.exec(text)?.[1]);
}

const cases = [
  { name: "from its cache", args: [interval], requests: 1 },
  {
    name: "from the upstream, without a cache",
    args: [interval, "--artifact-cache-size=0"],
    requests: 2,
  },
];

for (const { name: way, args, requests } of cases) {
  Deno.test(`controller mends a shared store that rots and loses while it runs, though nobody asks for the artifacts, ${way}`, async () => {
    await StoredWorld.run(50_000, async (world) => {
      await using redis = await startRedis();
      const env = { STORAGE_BACKEND: "redis", REDIS_URL: `redis://127.0.0.1:${redis.port}` };
      await world.whileRunning(async ({ metrics }) => {
        await world.createSources(names);
        for (const name of names) await world.untilPublished(name);
        const keys = (await redis.cli("keys", "*/*")).split("\n");
        const keyOf = (name: string, part: RegExp) =>
          keys.find((key) => key.includes(`/${name}/`) && part.test(key))!;
        await redis.cli("del", keyOf("missing", /\}$/));
        await redis.cli("setrange", keyOf("corrupt", /\}:.*:0$/), "1000", "rot");
        for (const name of ["missing", "corrupt"]) {
          await eventually(async () => await repairs(metrics, name) === 1, {
            withinMs: patienceMs,
            what: `"${name}" is found`,
          });
          await eventually(async () => await redis.cli("exists", keyOf(name, /\}$/)) === "1", {
            withinMs: patienceMs,
            what: `"${name}" is stored again`,
          });
        }
        await assertServed(await publishedArtifacts(world.api));
        const made = names.map((name) => world.documents.requestsOf(name));
        assert.deepEqual(made, [1, requests, requests]);
      }, { args, env });
    });
  });
}
