import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { settle } from "../../tests/settle.ts";
import { artifactKey } from "../core/artifact_key.ts";
import { LiveNames } from "./live_names.ts";

const source = { namespace: "apps", name: "flags" };
const keyOf = (digit: string) => artifactKey({ ...source, hex: digit.repeat(64) });

/** An API server that answers when it is told to. */
class Api {
  readonly clock = new ManualClock();
  readonly reads: PromiseWithResolvers<readonly string[]>[] = [];
  readonly errors: unknown[] = [];
  readonly names = new LiveNames({
    clock: this.clock,
    knows: ({ name }) => name === "flags" || name.startsWith("many"),
    read: () => {
      const read = Promise.withResolvers<readonly string[]>();
      this.reads.push(read);
      return read.promise;
    },
    onError: (error) => this.errors.push(error),
  });
}

Deno.test("LiveNames asks only for sources that are known", async () => {
  const api = new Api();
  assert.equal(await api.names.ask(keyOf("1").replace("flags", "other")), "unnamed");
  assert.equal(await api.names.ask("artifacts/x"), "unnamed");
  assert.equal(api.reads.length, 0);
});

Deno.test("LiveNames asks once for all who come at once, and again for those who come meanwhile", async () => {
  const api = new Api();
  const first = api.names.ask(keyOf("1"));
  await settle();
  const later = Array.from(
    { length: 50 },
    (_, index) => api.names.ask(keyOf(index % 2 ? "1" : "2")),
  );
  await settle();
  assert.equal(api.reads.length, 1);
  api.reads[0]!.resolve([]);
  assert.equal(await first, "unnamed");
  await settle();
  assert.equal(api.reads.length, 2, "what was published since the first GET began is seen");
  api.reads[1]!.resolve([keyOf("1")]);
  const answers = await Promise.all(later);
  assert.deepEqual(answers.slice(0, 2), ["unnamed", "named"]);
  assert.equal(api.reads.length, 2);
});

Deno.test("LiveNames does not take a failure for an answer", async () => {
  const api = new Api();
  const answer = api.names.ask(keyOf("1"));
  api.reads[0]!.reject(new Error("down"));
  assert.equal(await answer, "unknown");
  assert.equal(api.errors.length, 1);
  const again = api.names.ask(keyOf("1"));
  api.reads[1]!.resolve([keyOf("1")]);
  assert.equal(await again, "named");
});

Deno.test("LiveNames asks ten times a second, and twenty times at once", async () => {
  const api = new Api();
  const ask = async () => {
    const before = api.reads.length;
    const answers = Array.from(
      { length: 100 },
      (_, index) => api.names.ask(keyOf("1").replace("flags", `many-${index}`)),
    );
    await settle();
    for (const read of api.reads) read.resolve([]);
    const unknown = (await Promise.all(answers)).filter((answer) => answer === "unknown").length;
    assert.equal(unknown, 100 - (api.reads.length - before));
    return api.reads.length - before;
  };
  assert.equal(await ask(), 20);
  assert.equal(await ask(), 0);
  await api.clock.advance(1_000);
  assert.equal(await ask(), 10);
  await api.clock.advance(3_600_000);
  assert.equal(await ask(), 20);
});
