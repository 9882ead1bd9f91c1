import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { eventually } from "../../tests/acceptance/eventually.ts";
import { HookWorld } from "../../tests/hook_world.ts";
import type { HookEnd } from "./hook_runner.ts";
import { HookRefused } from "./hook_refused.ts";
import { HookUnavailable } from "./hook_unavailable.ts";
import { transformDocument } from "./transform_document.ts";

const upper = { command: "upper" };
const fail = { command: "fail" };

/** Passes a text through hooks. */
async function transform(
  world: HookWorld,
  hooks: Parameters<HookWorld["steps"]> extends [unknown, ...infer Hooks] ? Hooks : never,
  { text = "abc", maxSize = 1_000_000, maxRetries = 0 } = {},
) {
  const given = await world.document(text);
  const document = await transformDocument(given, world.steps("postRequest", ...hooks), {
    attempts: world.attempts(maxRetries),
    maxSize,
    newFile: world.newFile,
  });
  return { given, document, text: await Deno.readTextFile(document.file) };
}

Deno.test("transformDocument() chains hooks, counts and hashes what comes out, and leaves one file", async () => {
  await using world = new HookWorld();
  world.runner.commands["other"] = (input) => ({ out: `${input}${input}` });
  const { document, text } = await transform(world, [upper, { command: "other" }, upper]);
  assert.equal(text, "ABCABC");
  const sha256 = createHash("sha256").update("ABCABC").digest("hex");
  assert.deepEqual([document.size, document.sha256], [6, sha256]);
  assert.equal(world.files, 2, "the given one and the result");
  assert.equal(world.slots.taken, 3);
});

Deno.test("transformDocument() passes documents larger than a piece, and an empty one", async () => {
  await using world = new HookWorld();
  for (const text of ["äb".repeat(100_000), ""]) {
    assert.equal((await transform(world, [upper, upper], { text })).text, text.toUpperCase());
  }
});

Deno.test("transformDocument() without hooks gives the document back and makes nothing", async () => {
  await using world = new HookWorld();
  const { given, document } = await transform(world, []);
  assert.equal(document, given);
  assert.equal(world.files, 1);
});

Deno.test("transformDocument() policy ignore passes the input on, not half an output", async () => {
  await using world = new HookWorld();
  const ignored = { ...fail, retryPolicy: "ignore" } as const;
  const { text } = await transform(world, [upper, ignored, upper]);
  assert.equal(text, "ABC");
  const { given, document } = await transform(world, [ignored]);
  assert.equal(document, given);
});

const ends: readonly { readonly end: HookEnd; readonly says: string }[] = [
  { end: { kind: "exit", code: 5 }, says: "exit 5 after 12 ms" },
  { end: { kind: "signal", signal: "SIGKILL" }, says: "ended by SIGKILL after 12 ms" },
  { end: { kind: "timeout" }, says: "time-out after 12 ms" },
  { end: { kind: "output", maxBytes: 7 }, says: "printed more than 7 bytes" },
  { end: { kind: "absent", state: "there is no other" }, says: "there is no other" },
];
for (const { end, says } of ends) {
  Deno.test(`transformDocument() says of which hook, where and how it failed: ${says}`, async () => {
    await using world = new HookWorld();
    world.runner.commands["other"] = () => ({ end, out: "canary", stderr: "canary" });
    await assert.rejects(transform(world, [upper, { command: "other" }, upper]), {
      class: "hook",
      reason: "HookFailed",
      message: `hook "h2" (postRequest 2 of 3): ${says}`,
    });
    assert.equal(world.files, 1, "only what it was given");
    assert.equal(world.runner.calls.length, 2);
  });
}

Deno.test("transformDocument() refuses an output over the size of a document", async () => {
  await using world = new HookWorld();
  world.runner.commands["other"] = () => ({ out: "x".repeat(200_000) });
  const big = { command: "other" };
  await assert.rejects(transform(world, [big], { maxSize: 199_999 }), {
    class: "hook",
    message: 'hook "h1" (postRequest 1 of 1): printed more than 199999 bytes (--max-source-size)',
  });
  assert.equal((await transform(world, [big], { maxSize: 200_000 })).document.size, 200_000);
  const ignored = { ...big, retryPolicy: "ignore" } as const;
  assert.equal((await transform(world, [ignored], { maxSize: 9 })).text, "abc");
});

Deno.test("transformDocument() repeats after 1, 2, 3 s from one budget, and waits without a slot", async () => {
  await using world = new HookWorld();
  const retry = { retryPolicy: "retry" } as const;
  let runs = 0;
  world.runner.commands["other"] = (input) =>
    ++runs < 3 ? { end: { kind: "timeout" } } : { out: input };
  const made = transform(world, [{ command: "other", ...retry }, { ...fail, ...retry }], {
    maxRetries: 3,
  });
  const failed = assert.rejects(made, { class: "hook", message: /h2.*exit 5/ });
  for (const seconds of [1, 2, 3]) {
    await waits(world);
    assert.equal(world.slots.held, 0);
    const before = world.runner.calls.length;
    await world.clock.advance(seconds * 1_000 - 1);
    assert.deepEqual([world.runner.calls.length, world.clock.pending], [before, 1]);
    await world.clock.advance(1);
  }
  await failed;
  assert.equal(runs, 3);
  assert.equal(world.runner.calls.length, 5, "two runs of h2: the budget is that of the reconcile");
});

for (const maxRetries of [0, -1]) {
  Deno.test(`transformDocument() with maxRetries ${maxRetries} repeats nothing`, async () => {
    await using world = new HookWorld();
    const hooks = [{ ...fail, retryPolicy: "retry" } as const];
    await assert.rejects(transform(world, hooks, { maxRetries }), { class: "hook" });
    assert.equal(world.runner.calls.length, 1);
  });
}

for (
  const { error, says } of [
    { error: new HookUnavailable("no sidecar"), says: /h1.*: no sidecar$/ },
    { error: new HookRefused("not on the list"), says: /executor does not: not on the list$/ },
  ]
) {
  Deno.test(`transformDocument() does not ignore what is not the hook's fault: ${error.name}`, async () => {
    await using world = new HookWorld();
    world.runner.commands["other"] = () => error;
    const hooks = [{ command: "other", retryPolicy: "ignore" } as const];
    await assert.rejects(transform(world, hooks), { class: "hook", message: says });
  });
}

Deno.test("transformDocument() leaves a mistake of the program what it is", async () => {
  await using world = new HookWorld();
  world.runner.commands["other"] = () => new TypeError("bug");
  const hooks = [{ command: "other", retryPolicy: "ignore" } as const];
  await assert.rejects(transform(world, hooks), new TypeError("bug"));
  assert.equal(world.files, 1);
});

Deno.test("transformDocument() ends with the reason of its signal, in a run and in a pause", async () => {
  for (const command of ["other", "fail"]) {
    await using world = new HookWorld();
    const reason = new Error("the caller's");
    world.runner.commands["other"] = () => {
      world.abort.abort(reason);
      return {};
    };
    const made = transform(world, [upper, { command, retryPolicy: "retry" }], { maxRetries: 1 });
    const ended = assert.rejects(made, reason);
    if (command === "fail") await waits(world);
    world.abort.abort(reason);
    await ended;
    assert.equal(world.files, 1);
  }
});

Deno.test("transformDocument() says what the disk says, whatever the policy", async () => {
  await using world = new HookWorld();
  const steps = world.steps("postRequest", { ...upper, retryPolicy: "ignore" });
  const document = await world.document("abc");
  const options = { attempts: world.attempts(), maxSize: 9, newFile: () => "/nonexistent/file" };
  await assert.rejects(transformDocument(document, steps, options), {
    class: "storage",
    message: "Cannot spool the output of a hook: no such file or directory",
  });
});

/** Files are real here, so that what comes before a wait takes time. */
const waits = ({ clock }: HookWorld) =>
  eventually(() => clock.pending === 1, { withinMs: 30_000, what: "a retry is waited for" });
