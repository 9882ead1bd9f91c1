import assert from "node:assert/strict";
import { HookWorld } from "../../tests/hook_world.ts";
import { refuseHooks } from "./hook_stage.ts";

Deno.test("createHookStage() check() names the first hook that the whitelist refuses", async () => {
  await using world = new HookWorld();
  const steps = world.steps("postRequest", { command: "upper" }, { command: "bash" });
  await world.stage.check(steps.slice(0, 1));
  await assert.rejects(world.stage.check(steps), {
    class: "hook-not-allowed",
    reason: "HookNotAllowed",
    message:
      'hook "h2" (postRequest 2 of 2) is not allowed: command "bash" is not in the whitelist',
  });
});

Deno.test("createHookStage() has other rules under another whitelist, and fails hooks without one", async () => {
  await using world = new HookWorld();
  const before = world.stage.rules();
  world.runner.allowed = ["upper"];
  assert.notEqual(world.stage.rules(), before);
  world.runner.allowed = undefined;
  assert.equal(world.stage.rules(), "none");
  await assert.rejects(world.stage.check(world.steps("preRequest", { command: "upper" })), {
    class: "hook",
    message: 'hook "h1" (preRequest 1 of 1): there is no whitelist at /w.yaml',
  });
  await world.stage.check([]);
});

Deno.test("refuseHooks() refuses every hook and nothing else", async () => {
  await using world = new HookWorld();
  const stage = refuseHooks("start it with --whitelist");
  await stage.check([]);
  await assert.rejects(stage.check(world.steps("preRequest", { command: "upper" })), {
    class: "hook-not-allowed",
    message: 'hook "h1" (preRequest 1 of 1) is not allowed: start it with --whitelist',
  });
});

Deno.test("createHookStage() check() refuses what no system can run, before anything is fetched", async () => {
  await using world = new HookWorld();
  const steps = world.steps("postRequest", { command: "upper", args: ["a\0b"] });
  await assert.rejects(world.stage.check(steps), {
    class: "hook-not-allowed",
    message: /h1.* is not allowed: a NUL byte cannot be in an argument$/,
  });
});
