import assert from "node:assert/strict";
import { HookWorld } from "../../tests/hook_world.ts";
import { hookStderr } from "./hook_stderr.ts";

const redact = (text: string) => text.replaceAll("canary", "***");

async function said(stderr: string, failure?: string): Promise<string> {
  await using world = new HookWorld();
  const [step] = world.steps("postRequest", { command: "jq" });
  const result = { end: { kind: "exit", code: 5 }, durationMs: 1, stderr } as const;
  return hookStderr({ step: step!, failure, result }, redact);
}

Deno.test("hookStderr() shows each line of a hook that failed, without secrets and escape sequences", async () => {
  assert.equal(
    await said("jq: error\r\n\x1b[2Jat canary\n\n", "exit"),
    "h1: jq: error\nh1:  [2Jat ***\n",
  );
});

Deno.test("hookStderr() shows nothing where nothing was said, or nothing failed", async () => {
  assert.equal(await said(" \n", "exit"), "");
  assert.equal(await said("a warning"), "");
});
