import assert from "node:assert/strict";
import type { Artifact } from "../core/artifact.ts";
import type { ExternalSource } from "../core/external_source.ts";
import type { ObjectEvent } from "../core/object_event.ts";
import { ConflictError, NotFoundError } from "../objects/objects.ts";
import { checkStatus } from "../../tests/laws/status.ts";
import { key, name, ReconcileWorld } from "../../tests/reconcile_world.ts";
import { settle } from "../../tests/settle.ts";
import { artifactOf } from "../../tests/source_fixtures.ts";
import type { Outcome } from "./next_status.ts";
import { initialMemory } from "./source_memory.ts";
import { StatusWriter } from "./status_writer.ts";

const handled = { source: undefined, artifact: undefined };
const options = { handled, wait: undefined, failures: 0, artifact: undefined };
const publishedAs = (artifact: Artifact): Outcome => (
  { kind: "published", artifact, fingerprint: "f", etag: '"1"' }
);
const outcome = publishedAs(artifactOf("a"));

/** A step that ends when it is told to. */
function step() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return { run: () => promise, end: () => resolve("done"), fail: reject };
}

const sources = (world: ReconcileWorld) => world.objects.writes.length;

Deno.test("StatusWriter.during() a quick phase costs no write", async () => {
  await using world = await ReconcileWorld.create();
  const writer = new StatusWriter(world.context(), world.source);
  const { run, end } = step();
  const running = writer.during("Fetching", run);
  await world.clock.advance(999);
  end();
  assert.equal(await running, "done");
  await world.clock.advance(60_000);
  assert.deepEqual([world.objects.calls, world.clock.pending], [[], 0]);
});

Deno.test("StatusWriter.during() shows a phase that lasts a second, once", async () => {
  await using world = await ReconcileWorld.create();
  const writer = new StatusWriter(world.context(), world.source);
  const { run, end } = step();
  const running = writer.during("Fetching", run);
  await world.clock.advance(60_000);
  assert.deepEqual(world.objects.writes, ["writeSourceStatus"]);
  assert.equal(world.condition("Fetching")?.status, "True");
  checkStatus(world.source.status, { object: name, generation: 1 });
  end();
  await running;
  await writer.write(outcome, options);
  assert.deepEqual(world.objects.writes, ["writeSourceStatus", "writeSourceStatus"]);
  assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
});

Deno.test("StatusWriter.during() shows one phase after the other", async () => {
  await using world = await ReconcileWorld.create();
  const writer = new StatusWriter(world.context(), world.source);
  for (const phase of ["Fetching", "Storing"] as const) {
    const { run, end } = step();
    const running = writer.during(phase, run);
    await world.clock.advance(2_000);
    const shown = world.conditions.filter((each) => /^(Fetching|Storing)/.test(each));
    assert.deepEqual(shown, [`${phase}=True/Progressing`]);
    end();
    await running;
  }
});

Deno.test("StatusWriter.during() removes a shown phase though nothing else has changed", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  world.requestSource("now");
  world.upstream.onFetch = () => world.clock.advance(1_500);
  const again = await world.run();
  assert.deepEqual(again.writes, ["writeSourceStatus", "writeSourceStatus"]);
  assert.deepEqual(again.events, []);
  assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
});

Deno.test("StatusWriter.during() a phase that cannot be shown stops nothing", async () => {
  await using world = await ReconcileWorld.create();
  const writer = new StatusWriter(world.context(), world.source);
  world.objects.onCall = () => {
    throw new ConflictError("Cannot write: it has changed");
  };
  const { run, fail } = step();
  const running = writer.during("Fetching", run);
  await world.clock.advance(2_000);
  fail(new TypeError("the step's own"));
  await assert.rejects(running, { message: "the step's own" });
  assert.equal(world.clock.pending, 0);
});

Deno.test("StatusWriter.during() waits for a phase that is being written", async () => {
  await using world = await ReconcileWorld.create();
  const writer = new StatusWriter(world.context(), world.source);
  const gate = Promise.withResolvers<void>();
  world.objects.onCall = () => gate.promise;
  const { run, end } = step();
  let isOver = false;
  const running = writer.during("Fetching", run).then(() => isOver = true);
  await world.clock.advance(1_000);
  end();
  await settle();
  assert.equal(isOver, false);
  gate.resolve();
  await running;
  await writer.write(outcome, options);
  assert.deepEqual(world.objects.calls, ["writeSourceStatus", "writeSourceStatus"]);
});

Deno.test("StatusWriter.write() writes what differs, and says whether it did", async () => {
  await using world = await ReconcileWorld.create();
  assert.equal(await new StatusWriter(world.context(), world.source).write(outcome, options), true);
  const { source } = world;
  checkStatus(source.status, { object: name, generation: 1 });
  assert.equal(await new StatusWriter(world.context(), source).write(outcome, options), false);
  assert.equal(sources(world), 1);
});

Deno.test("StatusWriter.write() lets a new ETag alone wait for the next write", async () => {
  await using world = await ReconcileWorld.create();
  await new StatusWriter(world.context(), world.source).write(outcome, options);
  const newer = { ...outcome, etag: '"2"' } as Outcome;
  await new StatusWriter(world.context(), world.source).write(newer, options);
  assert.equal(sources(world), 1);
  const request = { ...options, handled: { source: "now", artifact: undefined } };
  await new StatusWriter(world.context(), world.source).write(newer, request);
  assert.equal(world.source.status.lastHandledETag, '"2"');
});

const bystanders: readonly {
  name: string;
  edit: (source: ExternalSource) => ExternalSource;
  again: boolean;
}[] = [
  {
    name: "an annotation",
    edit: (each) => ({ ...each, metadata: { ...each.metadata, annotations: { a: "b" } } }),
    again: true,
  },
  {
    name: "a label",
    edit: (each) => ({ ...each, metadata: { ...each.metadata, labels: { a: "b" } } }),
    again: true,
  },
  {
    name: "a count",
    edit: (each) => ({ ...each, status: { ...each.status, failures: 7 } }),
    again: true,
  },
  { name: "the spec", edit: (each) => ({ ...each, spec: { interval: "1h" } }), again: false },
  {
    name: "the owner",
    edit: (each) => ({ ...each, status: { ...each.status, owner: "pod-1" } }),
    again: false,
  },
  {
    name: "the artifact",
    edit: (each) => ({ ...each, status: { ...each.status, artifact: artifactOf("b") } }),
    again: false,
  },
  {
    name: "the uid",
    edit: (each) => ({ ...each, metadata: { ...each.metadata, uid: "uid-9" } }),
    again: false,
  },
];
for (const { name: what, edit, again } of bystanders) {
  Deno.test(`StatusWriter.write() after somebody changed ${what}: ${again ? "writes again" : "gives up"}`, async () => {
    await using world = await ReconcileWorld.create();
    const writer = new StatusWriter(world.context(), world.source);
    world.objects.editSource(name, edit);
    const writing = writer.write(outcome, options);
    if (again) await writing;
    else await assert.rejects(writing, ConflictError);
    const repeated = again ? ["writeSourceStatus"] : [];
    assert.deepEqual(world.objects.calls, ["writeSourceStatus", "readSource", ...repeated]);
    const artifact = again ? artifactOf("a") : edit(world.source).status.artifact;
    assert.deepEqual(world.source.status.artifact, artifact);
    assert.deepEqual(world.objects.events.length, again ? 1 : 0);
  });
}

Deno.test("StatusWriter.write() repeats a write once only", async () => {
  await using world = await ReconcileWorld.create();
  const writer = new StatusWriter(world.context(), world.source);
  world.objects.onCall = (call) => {
    if (call === "writeSourceStatus") throw new ConflictError("Cannot write: it has changed");
  };
  await assert.rejects(writer.write(outcome, options), ConflictError);
  const twice = ["writeSourceStatus", "readSource", "writeSourceStatus"];
  assert.deepEqual(world.objects.calls, twice);
});

Deno.test("StatusWriter.write() of a source that is gone fails and tells nothing", async () => {
  await using world = await ReconcileWorld.create();
  const writer = new StatusWriter(world.context(), world.source);
  world.objects.deleteSource(name);
  await assert.rejects(writer.write(outcome, options), NotFoundError);
  assert.deepEqual([world.objects.events, world.collected], [[], []]);
});

Deno.test("StatusWriter.write() asks for a collection whenever another artifact takes the place of one", async () => {
  await using world = await ReconcileWorld.create();
  const write = async (artifact: Artifact) =>
    await new StatusWriter(world.context(), world.source).write(publishedAs(artifact), options);
  await write(artifactOf("a"));
  await write({ ...artifactOf("a"), url: `https://cdn.test/${artifactOf("a").path}` });
  await write(artifactOf("b"));
  assert.deepEqual(world.collected.map((each) => each?.digest), [artifactOf("a").digest]);
});

Deno.test("StatusWriter.warn() tells each warning once a generation, of the source alone", async () => {
  await using world = await ReconcileWorld.create();
  const memory = initialMemory(world.source, world.context());
  const warnings = [{ reason: "A", message: "a" }, { reason: "B", message: "b" }];
  const warn = () => new StatusWriter(world.context(), world.source).warn(warnings, memory);
  warn();
  warn();
  const say = ({ type, reason, involvedObject: { kind } }: ObjectEvent) =>
    `${type} ${reason} ${kind}`;
  assert.deepEqual(world.objects.events.map(say), [
    "Warning A ExternalSource",
    "Warning B ExternalSource",
  ]);
  world.changeSpec({ interval: "1h" });
  warn();
  assert.equal(world.objects.events.length, 4);
  assert.equal(new StatusWriter(world.context(), world.source).key, key);
});
