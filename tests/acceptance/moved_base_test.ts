import assert from "node:assert/strict";
import { eventually } from "./eventually.ts";
import { assertServed } from "./stored_files.ts";
import { patienceMs, StoredWorld } from "./stored_world.ts";

/** Another address for an artifact server, which answers 503 until it is opened. */
class OtherAddress implements AsyncDisposable {
  target: string | undefined;
  asked = 0;
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      this.asked++;
      if (this.target === undefined) return new Response(null, { status: 503 });
      const path = new URL(request.url).pathname;
      const response = await fetch(this.target + path, { method: request.method });
      return new Response(response.body, { status: response.status, headers: response.headers });
    },
  );

  get address(): string {
    return `127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

Deno.test("controller publishes under a new address once that answers, and under the old one until then", async () => {
  await StoredWorld.run(10_000, async (world) => {
    await using other = new OtherAddress();
    const args = [`--storage-adv-addr=${other.address}`];
    await world.createSources(["first"]);
    await world.whileRunning(async (controller) => {
      const [{ artifact } = {}] = await world.untilPublished("first");
      assert.ok(artifact?.url.startsWith(`${controller.base}/`));
    });
    await world.whileRunning(async (controller) => {
      await eventually(() => Promise.resolve(other.asked > 0), {
        withinMs: patienceMs,
        what: "the new address is asked",
      });
      await world.createSources(["second"]);
      await world.untilPublished(
        "second",
        ({ artifact }) => artifact?.url.startsWith(`http://${other.address}/`) === true,
      );
      const before = await world.untilPublished("first");
      assert.ok(before[0]?.artifact?.url.startsWith(`${controller.base}/`));
      await assertServed(before);
      other.target = controller.base;
      const after = await world.untilPublished(
        "first",
        ({ artifact }) => artifact?.url.startsWith(`http://${other.address}/`) === true,
      );
      const { url: _, ...kept } = before[0]!.artifact!;
      const { url: __, ...moved } = after[0]!.artifact!;
      assert.deepEqual(moved, kept);
      await assertServed(after);
      assert.equal(world.documents.requestsOf("first"), 1);
    }, { args });
  });
});
