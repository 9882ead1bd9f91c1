import assert from "node:assert/strict";
import { StepError } from "../core/step_error.ts";
import { ObjectsUnavailableError } from "../objects/objects.ts";
import { key, minute, ReconcileWorld, type Told } from "../../tests/reconcile_world.ts";
import { settle } from "../../tests/settle.ts";

const retrying = ["Ready=False/FetchFailed", "Reconciling=True/ProgressingWithRetry"];
const exhausted = ["Ready=False/FetchFailed", "Stalled=True/RetriesExhausted"];
const onePatchEach = ["writeArtifactStatus", "writeSourceStatus"];
const refused = (retryAfterMs?: number) =>
  new StepError("Cannot fetch: refused", {
    class: "transient",
    reason: "FetchFailed",
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });

/** As many more tries, and what all of them together wrote and told. */
async function tries(world: ReconcileWorld, told: Told, count: number) {
  let last = told;
  const [writes, events]: [string[], string[]] = [[], []];
  for (let round = 0; round < count; round++) {
    last = await world.runAgain(last);
    assert.equal(last.fetches, 1);
    writes.push(...last.writes);
    events.push(...last.events);
  }
  return { last, writes, events };
}

Deno.test("reconcileSource() says of an upstream outage once that it fails, once that its retries are exhausted, once that it is over", async () => {
  await using world = await ReconcileWorld.create();
  world.maxAttempts = 10;
  const first = await world.run();
  world.upstream.failure = refused();
  const begun = await tries(world, first, 1);
  assert.deepEqual([begun.writes, world.conditions], [onePatchEach, retrying]);
  const going = await tries(world, begun.last, 8);
  assert.deepEqual([going.writes, going.events], [[], []]);
  const over = await tries(world, going.last, 1);
  // What the ExternalArtifact says is still the same.
  assert.deepEqual([over.writes, world.conditions], [["writeSourceStatus"], exhausted]);
  assert.equal(world.source.status.failures, 10);
  const atIntervals = await tries(world, over.last, 20);
  assert.deepEqual([atIntervals.writes, atIntervals.events], [[], []]);
  world.upstream.failure = undefined;
  const mended = await tries(world, atIntervals.last, 1);
  assert.deepEqual(mended.writes, onePatchEach);
  assert.equal(world.source.status.failures, undefined);
  assert.deepEqual((await tries(world, mended.last, 1)).writes, []);
});

Deno.test("reconcileSource() goes on with its backoff after a restart, and exhausts its retries as if there had been none", async () => {
  await using world = await ReconcileWorld.create();
  world.maxAttempts = 10;
  world.upstream.failure = refused();
  let told = await world.run();
  const waits: number[] = [];
  for (let round = 0; round < 9; round++) {
    world.restart();
    const again = await world.run();
    assert.deepEqual([again.fetches, again.writes], [0, []]);
    assert.equal(
      again.result.requeueAt,
      told.result.requeueAt,
      `restart after failure ${round + 1}`,
    );
    told = await world.runAgain(again);
    waits.push(told.result.requeueAt! - world.clock.now());
  }
  assert.deepEqual(
    waits,
    [2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 5 * minute],
  );
  assert.deepEqual(world.conditions, exhausted);
});

Deno.test("reconcileSource() stays at the interval after a restart of one that is exhausted and was never published", async () => {
  await using world = await ReconcileWorld.create();
  world.upstream.failure = refused();
  const first = await world.run();
  await tries(world, first, 2);
  assert.deepEqual(world.conditions, exhausted);
  world.restart();
  const again = await world.run();
  assert.deepEqual([again.fetches, again.writes], [0, []]);
  assert.equal(again.result.requeueAt, world.clock.now() + 2.5 * minute);
  const { last, writes } = await tries(world, again, 1);
  assert.deepEqual(writes, []);
  assert.equal(last.result.requeueAt, world.clock.now() + 5 * minute);
});

Deno.test("reconcileSource() fails anew after an outage as after none: it counts from one", async () => {
  await using world = await ReconcileWorld.create();
  const first = await world.run();
  world.upstream.failure = refused();
  const { last } = await tries(world, first, 2);
  world.upstream.failure = undefined;
  const mended = await tries(world, last, 1);
  world.upstream.failure = refused();
  const failed = await tries(world, mended.last, 1);
  assert.equal(failed.last.result.requeueAt, world.clock.now() + 1_000);
  assert.equal(world.source.status.failures, 1);
});

Deno.test("reconcileSource() writes each wait that the upstream asks for, as a restart could not know of it", async () => {
  await using world = await ReconcileWorld.create();
  world.maxAttempts = 100;
  const first = await world.run();
  world.upstream.failure = refused(2 * minute);
  let { last } = await tries(world, first, 1);
  for (let round = 0; round < 3; round++) {
    const next = await tries(world, last, 1);
    assert.deepEqual(next.writes, ["writeSourceStatus"]);
    assert.equal(Date.parse(world.source.status.nextAttemptTime!), world.clock.now() + 2 * minute);
    last = next.last;
  }
});

Deno.test("reconcileSource() shows no phase of a source that fails slowly again and again", async () => {
  await using world = await ReconcileWorld.create();
  const first = await world.run();
  world.upstream.failure = refused();
  const begun = await tries(world, first, 1);
  const answer = Promise.withResolvers<void>();
  world.upstream.failure = undefined;
  world.upstream.etag = undefined;
  world.upstream.onFetch = async () => {
    await answer.promise;
    throw refused();
  };
  await world.clock.advance(begun.last.result.requeueAt! - world.clock.now());
  const running = world.run();
  await settle();
  await world.clock.advance(30_000);
  answer.resolve();
  assert.deepEqual((await running).writes, []);
});

Deno.test("reconcileSource() writes nothing of an unchanged source whose upstream is slow, unless somebody asked for it", async () => {
  await using world = await ReconcileWorld.create();
  let told = await world.run();
  const cases = [
    { requested: false, writes: [] },
    { requested: true, writes: ["writeSourceStatus", "writeSourceStatus"] },
  ];
  for (const { requested, writes } of cases) {
    if (requested) world.requestSource("now");
    const answer = Promise.withResolvers<void>();
    world.upstream.onFetch = () => answer.promise;
    await world.clock.advance(told.result.requeueAt! - world.clock.now());
    const running = world.run();
    await settle();
    await world.clock.advance(5_000);
    answer.resolve();
    told = await running;
    assert.deepEqual(told.writes, writes);
  }
});

Deno.test("reconcileSource() writes what came of an API server outage once when it is over, however often documents changed", async () => {
  await using world = await ReconcileWorld.create();
  let told = await world.run();
  world.objects.onCall = () => {
    throw new ObjectsUnavailableError("Cannot patch: connection refused");
  };
  const asked: number[] = [];
  while (asked.length < 3) {
    [world.upstream.document, world.upstream.etag] = [`${asked.length}`, `"${asked.length}"`];
    told = await world.runAgain(told);
    assert.equal(told.result.outcome.kind, "unwritten");
    if (told.fetches > 0) asked.push(world.clock.now());
  }
  for (const [index, at] of asked.slice(1).entries()) assert.ok(at - asked[index]! >= 5 * minute);
  world.objects.onCall = () => {};
  told = await world.runAgain(told);
  assert.deepEqual(told.writes, onePatchEach);
  assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
  assert.deepEqual((await tries(world, told, 1)).writes, []);
});

Deno.test("reconcileSource() leaves an upstream that fails alone for as long in an API server outage, and writes once after it", async () => {
  await using world = await ReconcileWorld.create();
  world.maxAttempts = 10;
  const first = await world.run();
  world.upstream.failure = refused();
  world.objects.onCall = () => {
    throw new ObjectsUnavailableError("Cannot patch: connection refused");
  };
  const askedAt: number[] = [];
  let told = first;
  while (askedAt.length < 8) {
    told = await world.runAgain(told);
    assert.equal(told.result.outcome.kind, "unwritten");
    if (told.fetches > 0) askedAt.push(world.clock.now());
  }
  for (const [index, at] of askedAt.slice(1).entries()) {
    assert.ok(at - askedAt[index]! >= 1_000 * 2 ** index, `${index}: ${at - askedAt[index]!}`);
  }
  world.objects.onCall = () => {};
  told = await world.runAgain(told);
  assert.deepEqual([told.fetches, told.writes], [0, onePatchEach]);
  assert.equal(world.source.status.failures, 8);
  assert.deepEqual((await tries(world, told, 1)).writes, []);
});

for (const what of ["a restart", "a take-over by a replica that never saw it"]) {
  Deno.test(`reconcileSource() asks with the ETag of the status after ${what}, and writes nothing`, async () => {
    await using world = await ReconcileWorld.create();
    world.upstream.etag = '"1"';
    await world.run();
    world.restart();
    const again = await world.run();
    const { last, writes } = await tries(world, again, 1);
    assert.deepEqual(writes, []);
    assert.equal(world.upstream.requests[0]?.validators?.etag, '"1"');
    assert.equal(last.puts, 0);
  });
}

Deno.test("reconcileSource() counts failures from the first of them, whatever was retried before", async () => {
  await using world = await ReconcileWorld.create();
  world.maxAttempts = 10;
  world.upstream.failure = new StepError("Cannot read Secret", {
    class: "secret",
    reason: "SecretNotFound",
  });
  await world.run();
  await world.clock.advance(5 * minute);
  const missing = await world.run();
  world.upstream.failure = new StepError("Cannot fetch: status 503", {
    class: "transient",
    reason: "FetchFailed",
  });
  await world.runAgain(missing);
  world.restart();
  await world.clock.advance(2_000);
  await world.run();
  assert.ok(world.memories.get(key)!.failures <= 2);
});
