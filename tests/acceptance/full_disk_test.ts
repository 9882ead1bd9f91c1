import assert from "node:assert/strict";
import { eventually } from "./eventually.ts";
import { readCounter } from "./fault_world.ts";
import { requestSources } from "./create_sources.ts";
import { patienceMs, StoredWorld } from "./stored_world.ts";
import { assertServed, filesIn } from "./stored_files.ts";

const refusals = 'externalsource_artifact_operation_total{operation="store",success="false"}';

const size = 400_000;
/** A limit on file sizes refuses a write in its middle, as a full disk does, and needs no root; the signal would kill. */
const limited = ["sh", "-c", `trap '' XFSZ; exec "$@"`, "sh"];

/** How large a file of the process may become, in bytes. */
async function limitFiles(pid: number, bytes: number | "unlimited"): Promise<void> {
  const args = [`--pid=${pid}`, `--fsize=${bytes}:unlimited`];
  const { success, stderr } = await new Deno.Command("prlimit", { args }).output();
  assert.ok(success, `prlimit of util-linux: ${new TextDecoder().decode(stderr)}`);
}

Deno.test("controller loses nothing to a full disk and goes on once there is room", async () => {
  await StoredWorld.run(size, async (world) => {
    const { api, documents } = world;
    await world.whileRunning(async ({ pid }) => {
      await world.createSources(["a", "b"]);
      const before = await world.untilPublished("a");
      const other = await world.untilPublished("b");

      await limitFiles(pid, size / 2);
      documents.change(["a"]);
      await requestSources(api, ["a"], "1");
      const failed = await world.untilPublished("a", ({ isReady }) => !isReady);
      for (const { reason, artifact } of failed) {
        assert.equal(reason, "StorageOperationFailed");
        assert.deepEqual(artifact, before[0]!.artifact);
      }
      await assertServed([...before, ...other]);
      assert.ok((await world.untilPublished("b")).every(({ isReady }) => isReady));
      assert.deepEqual(await filesIn(world.volume, ".incoming"), []);

      await limitFiles(pid, "unlimited");
      const after = await world.untilPublished("a", ({ isReady }) => isReady);
      assert.notEqual(after[0]!.artifact!.digest, before[0]!.artifact!.digest);
      await assertServed([...after, ...before]);
    }, { through: limited });
  });
});

Deno.test("controller puts again what the volume refused without asking the upstream again", async () => {
  await StoredWorld.run(size, async (world) => {
    const { api, documents, volume } = world;
    await world.whileRunning(async (controller) => {
      await world.createSources(["a"]);
      const before = await world.untilPublished("a");
      // Whoever runs this may be root, whom no mode of a directory stops: a file in the place of one does.
      await Deno.remove(`${volume}/.incoming`, { recursive: true });
      await Deno.writeTextFile(`${volume}/.incoming`, "");
      documents.change(["a"]);
      await requestSources(api, ["a"], "1");
      const failed = await world.untilPublished("a", ({ isReady }) => !isReady);
      assert.ok(failed.every(({ reason }) => reason === "StorageOperationFailed"));
      await assertServed(before);
      await eventually(
        async () => await readCounter(controller.metrics, refusals) >= 3,
        { withinMs: patienceMs, what: "it is tried again and again" },
      );
      await Deno.remove(`${volume}/.incoming`);
      const after = await world.untilPublished("a", ({ isReady }) => isReady);
      assert.notEqual(after[0]!.artifact!.digest, before[0]!.artifact!.digest);
      await assertServed(after);
      assert.equal(documents.requestsOf("a"), 2, "once for each version");
    });
  });
});
