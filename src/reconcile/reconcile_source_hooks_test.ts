import assert from "node:assert/strict";
import type { HookSpec } from "../core/external_source.ts";
import { HookUnavailable } from "../hooks/hook_unavailable.ts";
import { ReconcileWorld } from "../../tests/reconcile_world.ts";
import { settle } from "../../tests/settle.ts";

const hook = (command: string, rest: Partial<HookSpec> = {}) => ({
  name: command,
  command,
  ...rest,
});
const post = (...postRequest: readonly object[]) => ({ hooks: { postRequest } });
const pre = (...preRequest: readonly object[]) => ({ hooks: { preRequest } });

/** What is in the published archive: its only file has less than a block. */
async function published(world: ReconcileWorld): Promise<string> {
  const stored = await world.store.open(world.source.status.artifact!.path);
  const tar = stored!.stream().pipeThrough<Uint8Array>(
    new DecompressionStream("gzip") as unknown as TransformStream<Uint8Array, Uint8Array>,
  );
  const bytes = new Uint8Array(await new Response(tar).arrayBuffer());
  return new TextDecoder().decode(bytes.subarray(512, 1_024)).replace(/\0+$/, "");
}

Deno.test("reconcileSource() publishes what the hooks make of a document", async () => {
  await using world = await ReconcileWorld.create(post(hook("upper"), hook("other")));
  world.hooks.commands["other"] = (input) => ({ out: `<${input}>` });
  const told = await world.run();
  assert.equal(await published(world), "<FIRST>");
  assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
  assert.equal(told.writes.length, 3);
  assert.equal(world.hookSlots, 0);
});

for (const etag of ['"1"', undefined]) {
  Deno.test(`reconcileSource() runs no hooks for an unchanged document ${etag ? "after a 304" : "of equal bytes"}`, async () => {
    await using world = await ReconcileWorld.create(post(hook("upper")));
    world.upstream.etag = etag;
    const first = await world.run();
    const second = await world.runAgain(first);
    assert.deepEqual([second.fetches, second.writes, second.puts], [1, [], 0]);
    assert.equal(world.hooks.calls.length, 1);
    [world.upstream.document, world.upstream.etag] = ["second", etag && '"2"'];
    await world.runAgain(second);
    assert.equal(await published(world), "SECOND");
    assert.equal(world.hooks.calls.length, 2);
  });
}

Deno.test("reconcileSource() runs hooks anew under another whitelist, and only for sources with hooks", async () => {
  for (const [spec, runs] of [[post(hook("upper")), 2], [{}, 0]] as const) {
    await using world = await ReconcileWorld.create(spec);
    const first = await world.run();
    world.hooks.allowed = ["upper"];
    await world.runAgain(first);
    const wanted = runs > 0 ? undefined : { etag: '"1"' };
    assert.deepEqual(world.upstream.requests[0]?.validators, wanted);
    assert.equal(world.hooks.calls.length, runs);
  }
});

Deno.test("reconcileSource() stalls on a hook that is not allowed, without asking the upstream, until the whitelist changes", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  const { artifact } = world.source.status;
  world.hooks.allowed = ["other"];
  world.changeSpec({ hooks: { preRequest: [hook("other")], postRequest: [hook("upper")] } });
  const told = await world.run();
  assert.deepEqual([told.fetches, told.result.requeueAt], [0, undefined]);
  assert.equal(world.hooks.calls.length, 0);
  assert.deepEqual(world.conditions, ["Ready=False/HookNotAllowed", "Stalled=True/HookNotAllowed"]);
  assert.match(
    world.condition("Ready")!.message,
    /^hook "upper" \(postRequest 1 of 1\) is not allowed: command "upper" is not in the whitelist$/,
  );
  assert.deepEqual(world.source.status.artifact, artifact, "what was published stays");
  const again = await world.run();
  assert.deepEqual([again.fetches, again.writes, again.events], [0, [], []]);
  world.hooks.commands["other"] = () => ({});
  world.hooks.allowed = ["other", "upper"];
  const allowed = await world.run();
  assert.deepEqual([allowed.fetches, await published(world)], [1, "FIRST"]);
  assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
});

Deno.test("reconcileSource() looks at once after a restart whether a hook is allowed by now", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  world.hooks.allowed = [];
  world.changeSpec(post(hook("upper")));
  await world.run();
  world.restart();
  assert.deepEqual((await world.run()).fetches, 0);
  world.hooks.allowed = ["upper"];
  world.restart();
  assert.deepEqual((await world.run()).fetches, 1);
  assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
});

Deno.test("reconcileSource() backs off without a whitelist, and goes on as soon as there is one", async () => {
  await using world = await ReconcileWorld.create(post(hook("upper")));
  world.hooks.allowed = undefined;
  const told = await world.run();
  assert.deepEqual([told.fetches, told.result.requeueAt], [0, world.clock.now() + 1_000]);
  assert.deepEqual(world.conditions, [
    "Ready=False/HookFailed",
    "Reconciling=True/ProgressingWithRetry",
  ]);
  world.hooks.allowed = ["upper"];
  assert.equal((await world.run()).fetches, 1);
  assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
});

Deno.test("reconcileSource() keeps what is published when a hook fails, backs off and counts", async () => {
  await using world = await ReconcileWorld.create(post(hook("upper")));
  const first = await world.run();
  const { artifact } = world.source.status;
  [world.upstream.document, world.upstream.etag] = ["second", '"2"'];
  world.hooks.commands["upper"] = () => ({ end: { kind: "exit", code: 5 }, stderr: "canary" });
  let told = await world.runAgain(first);
  assert.equal(
    world.condition("Ready")!.message,
    'hook "upper" (postRequest 1 of 1): exit 5 after 12 ms',
  );
  assert.deepEqual(told.events, ["HookFailed ExternalSource", "HookFailed ExternalArtifact"]);
  assert.deepEqual(world.source.status.artifact, artifact);
  assert.equal(told.result.requeueAt, world.clock.now() + 1_000);
  for (let round = 0; round < 2; round++) told = await world.runAgain(told);
  assert.ok(world.conditions.includes("Stalled=True/RetriesExhausted"), `${world.conditions}`);
  world.hooks.commands["upper"] = (input) => ({ out: input });
  await world.runAgain(told);
  assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
  assert.equal(await published(world), "second");
  assert.ok(!JSON.stringify([world.source, world.objects.events]).includes("canary"));
});

Deno.test("reconcileSource() publishes nothing untransformed while hooks cannot run", async () => {
  const ignored = hook("upper", { retryPolicy: "ignore" });
  await using world = await ReconcileWorld.create(post(ignored));
  world.hooks.commands["upper"] = () => new HookUnavailable("the sidecar cannot be reached");
  await world.run();
  assert.equal(world.source.status.artifact, undefined);
  assert.deepEqual(world.conditions, [
    "Ready=False/HookFailed",
    "Reconciling=True/ProgressingWithRetry",
  ]);
});

for (const isRestarted of [false, true]) {
  Deno.test(`reconcileSource() runs a hook again that timed out and was ignored${isRestarted ? ", also after a restart" : ""}`, async () => {
    const ignored = hook("upper", { retryPolicy: "ignore" });
    await using world = await ReconcileWorld.create(post(ignored));
    const { upper } = world.hooks.commands;
    world.hooks.commands["upper"] = () => ({ end: { kind: "timeout" } });
    const first = await world.run();
    assert.equal(await published(world), "first");
    const second = await world.runAgain(first);
    assert.deepEqual([world.hooks.calls.length, second.writes], [2, []]);
    world.hooks.commands["upper"] = upper!;
    if (isRestarted) world.restart();
    await world.runAgain(isRestarted ? await world.run() : second);
    assert.equal(await published(world), "FIRST");
    assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
  });
}

Deno.test("reconcileSource() does not repeat an ignored exit code over the same document", async () => {
  await using world = await ReconcileWorld.create(post(hook("fail", { retryPolicy: "ignore" })));
  const first = await world.run();
  await world.runAgain(first);
  assert.deepEqual(world.upstream.requests[0]?.validators, { etag: '"1"' });
  assert.equal(world.hooks.calls.length, 1);
});

Deno.test("reconcileSource() pauses before a retry without a slot, and says that hooks run", async () => {
  await using world = await ReconcileWorld.create(post(hook("upper", { retryPolicy: "retry" })));
  let runs = 0;
  world.hooks.commands["upper"] = (input) =>
    ++runs === 1 ? { end: { kind: "timeout" } } : { out: input };
  const running = world.run();
  while (runs === 0 || world.clock.pending < 2) await settle();
  assert.equal(world.hookSlots, 0);
  await world.clock.advance(1_000);
  const told = await running;
  assert.equal(runs, 2);
  assert.deepEqual(told.writes.slice(0, 1), ["writeSourceStatus"]);
  assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
});

Deno.test("reconcileSource() asks with the request that the hooks make, and waits for its host", async () => {
  await using world = await ReconcileWorld.create(pre(hook("other")));
  const asked: string[] = [];
  world.upstream.onRequest = ({ url, headers }) => void asked.push(`${url} ${headers["token"]}`);
  let minted = 0;
  world.hooks.commands["other"] = () => {
    assert.equal(world.requestSlots.length, minted, "no request slot is held while hooks run");
    const headers = { token: `${++minted}` };
    return { out: JSON.stringify({ url: `http://other.test/x?t=${minted}`, headers }) };
  };
  const first = await world.run();
  const second = await world.runAgain(first);
  assert.deepEqual(asked, ["http://other.test/x?t=1 1", "http://other.test/x?t=2 2"]);
  assert.deepEqual(world.requestSlots, ["other.test", "other.test"]);
  assert.deepEqual([second.fetches, second.writes], [1, []]);
  assert.deepEqual(
    world.upstream.requests[0]?.validators,
    { etag: '"1"' },
    "a new token is no new source",
  );
});

Deno.test("reconcileSource() asks in full where the hooks lead to another document", async () => {
  await using world = await ReconcileWorld.create(pre(hook("other")));
  let version = 0;
  world.hooks.commands["other"] = () => ({ out: `{"url": "http://upstream.test/v${++version}"}` });
  const first = await world.run();
  await world.runAgain(first);
  assert.equal(world.upstream.requests[0]?.validators, undefined);
});

Deno.test("reconcileSource() does not ask when a pre-request hook fails, and leaves the request to no retry then", async () => {
  await using world = await ReconcileWorld.create(pre(hook("fail")));
  const told = await world.run();
  assert.equal(told.fetches, 0);
  assert.match(world.condition("Ready")!.message, /^hook "fail" \(preRequest 1 of 1\): exit 5/);
});

Deno.test("reconcileSource() shares maxRetries between hooks and the request", async () => {
  await using world = await ReconcileWorld.create({
    ...pre(hook("other", { retryPolicy: "retry" })),
    maxRetries: 1,
  });
  let runs = 0;
  world.hooks.commands["other"] = () => ++runs === 1 ? { end: { kind: "timeout" } } : {};
  const running = world.run();
  while (world.clock.pending < 2) await settle();
  await world.clock.advance(1_000);
  const told = await running;
  assert.equal(world.upstream.requests[0]?.mayRepeat, false);
  runs = 1;
  await world.runAgain(told);
  assert.equal(world.upstream.requests[0]?.mayRepeat, true);
});

Deno.test("reconcileSource() runs no hooks for a trigger that finds the document unchanged", async () => {
  await using world = await ReconcileWorld.create(post(hook("upper")));
  await world.run();
  world.requestSource("now");
  assert.equal((await world.run()).fetches, 1);
  assert.equal(world.hooks.calls.length, 1);
});
