import assert from "node:assert/strict";
import { digestOf } from "./stored_files.ts";
import { StoredWorld } from "./stored_world.ts";

const megabytes = 20;
/** `--drain-timeout` if nobody sets it. */
const defaultDrainMs = 30_000;

Deno.test("controller ends with 0 on SIGTERM after the downloads that have begun", async () => {
  await StoredWorld.run(megabytes * 1_000_000, async (world) => {
    const controller = await world.start();
    await world.createSources(["a"]);
    const [published] = await world.untilPublished("a");
    const { url, digest } = published!.artifact!;
    const body = (await fetch(url)).body!.getReader();
    const pieces = [(await body.read()).value!];
    const ended = controller.end("SIGTERM");
    // The socket buffers hold far less than the rest of it.
    await assertTakesNoMore(url);
    for (let piece = await body.read(); !piece.done; piece = await body.read()) {
      pieces.push(piece.value);
    }
    assert.equal(digestOf(new Uint8Array(await new Blob(pieces).arrayBuffer())), digest);
    const { code, signal } = await ended;
    assert.deepEqual([code, signal], [0, null], controller.log());
  });
});

Deno.test("controller ends with 0 on SIGTERM also if a download never ends", async () => {
  await StoredWorld.run(megabytes * 1_000_000, async (world) => {
    const controller = await world.start({ args: ["--drain-timeout=1s"] });
    await world.createSources(["a"]);
    const [published] = await world.untilPublished("a");
    const body = (await fetch(published!.artifact!.url)).body!.getReader();
    await body.read();
    const startedAt = Date.now();
    const { code, signal } = await controller.end("SIGTERM");
    assert.deepEqual([code, signal], [0, null], controller.log());
    assert.ok(Date.now() - startedAt < defaultDrainMs, "it waited for longer than it was told");
    const readOn = async () => {
      while (!(await body.read()).done);
    };
    await assert.rejects(readOn(), "the rest of it never comes");
  });
});

/** Waits until no new download begins. */
async function assertTakesNoMore(url: string): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (Date.now() < deadline) {
    const response = await fetch(url, { headers: { range: "bytes=0-0", connection: "close" } })
      .catch(() => undefined);
    await response?.body?.cancel();
    if (!response?.ok) return;
  }
  assert.fail("it still takes downloads");
}
