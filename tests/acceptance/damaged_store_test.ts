import assert from "node:assert/strict";
import { eventually } from "./eventually.ts";
import { patienceMs, StoredWorld } from "./stored_world.ts";
import { assertServed } from "./stored_files.ts";

const names = ["whole", "corrupt", "missing"] as const;

/** Another byte in the middle, the size as before: only the digest tells. */
async function flipByte(path: string): Promise<void> {
  const bytes = await Deno.readFile(path);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = bytes[middle]! ^ 0xff;
  await Deno.writeFile(path, bytes);
}

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url);
  await response.body?.cancel();
  return response.status;
}

Deno.test("controller rebuilds after a start what is corrupt or missing, and only that", async () => {
  await StoredWorld.run(50_000, async (world) => {
    const before = new Map<string, string>();
    await world.whileRunning(async () => {
      await world.createSources(names);
      for (const name of names) {
        const [published] = await world.untilPublished(name);
        before.set(name, world.pathOf(published!));
      }
    });
    const asked = () => names.map((name) => world.documents.requestsOf(name));
    const askedBefore = asked();
    const askedSince = () => asked().map((count, index) => count - askedBefore[index]!);
    await flipByte(before.get("corrupt")!);
    await Deno.remove(before.get("missing")!);
    await world.whileRunning(async () => {
      const isRebuilt = () => {
        const [, ...damaged] = askedSince();
        if (damaged.every((count) => count > 0)) return true;
        throw new Error(`asked ${askedBefore} times before, ${asked()} now`);
      };
      await eventually(isRebuilt, { withinMs: patienceMs, what: "both are fetched again" });
      for (const name of names) {
        const both = await world.untilPublished(name, ({ isReady }) => isReady);
        assert.equal(
          world.pathOf(both[0]!),
          before.get(name),
          "the same document, the same artifact",
        );
        await eventually(() => assertServed(both).then(() => true), {
          withinMs: patienceMs,
          what: `"${name}" is served whole`,
        });
      }
    });
    assert.deepEqual(askedSince(), [0, 1, 1], "what is whole is not fetched again, nothing twice");
  });
});

Deno.test("controller rebuilds a file that vanishes under it once somebody asks for it", async () => {
  await StoredWorld.run(50_000, async (world) => {
    await world.whileRunning(async () => {
      await world.createSources(["a"]);
      const both = await world.untilPublished("a");
      await Deno.remove(world.pathOf(both[0]!));
      assert.equal(await statusOf(both[0]!.artifact!.url), 503, "consumers are to ask again");
      await eventually(() => assertServed(both).then(() => true), {
        // Not only once the half minute after the start has passed, in which nothing is denied yet.
        withinMs: 15_000,
        what: "it is served again",
      });
      assert.equal(world.documents.requestsOf("a"), 2);
    });
  });
});
