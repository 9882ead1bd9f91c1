import assert from "node:assert/strict";
import { HookWorld } from "../../tests/hook_world.ts";
import type { SourceRequest } from "../core/source_request.ts";
import { transformRequest } from "./transform_request.ts";

const request: SourceRequest = {
  url: "http://a.test/x?q=1",
  method: "GET",
  headers: { "X-Key": "canary" },
  secretHeaders: ["X-Key"],
  tls: { insecureSkipVerify: true, ca: "pem" },
};

/** What hooks make of the request, each of which prints a text. */
async function transform(world: HookWorld, ...printed: readonly string[]) {
  const inputs: string[] = [];
  const hooks = printed.map((out, index) => {
    world.runner.commands[`c${index}`] = (input) => {
      inputs.push(input);
      return { out };
    };
    return { command: `c${index}` };
  });
  const steps = world.steps("preRequest", ...hooks);
  const made = await transformRequest(request, steps, world.attempts());
  return { made, inputs: inputs.map((input) => JSON.parse(input)) };
}

Deno.test("transformRequest() shows URL, method and headers, and takes what is printed in their place", async () => {
  await using world = new HookWorld();
  const { made, inputs } = await transform(
    world,
    '{"headers": {"authorization": "Bearer 1"}}',
    "",
    '{"url": "http://b.test/", "method": "POST"}\n',
  );
  const { url, method, headers } = request;
  const minted = { authorization: "Bearer 1" };
  assert.deepEqual(inputs, [
    { url, method, headers },
    { url, method, headers: minted },
    { url, method, headers: minted },
  ]);
  assert.deepEqual(made, {
    url: "http://b.test/",
    method: "POST",
    headers: minted,
    secretHeaders: ["X-Key", "authorization"],
    tls: request.tls,
  });
});

for (const printed of ["", " \n", "{}"]) {
  Deno.test(`transformRequest() changes nothing for ${JSON.stringify(printed)}`, async () => {
    await using world = new HookWorld();
    assert.deepEqual((await transform(world, printed)).made, request);
  });
}

const refused = [
  ["canary", "is no JSON"],
  ['{"url": "canary"', "is no JSON"],
  ['["canary"]', "is no JSON object"],
  ["null", "is no JSON object"],
  ['"canary"', "is no JSON object"],
  ['{"header": {}, "url": "canary"}', "has fields beside url, method and headers"],
  ['{"tls": {"insecureSkipVerify": true}}', "has fields beside url, method and headers"],
  ['{"url": 1}', "has a url of no text"],
  ['{"method": null}', "has a method of no text"],
  ['{"headers": []}', "has headers that are no object of texts"],
  ['{"headers": {"a": 1}}', "has headers that are no object of texts"],
] as const;
for (const [printed, says] of refused) {
  Deno.test(`transformRequest() refuses ${printed} and quotes nothing of it`, async () => {
    await using world = new HookWorld();
    await assert.rejects(transform(world, printed), {
      class: "hook",
      message: `hook "h1" (preRequest 1 of 1): its output ${says}`,
    });
  });
}

Deno.test("transformRequest() bounds what a hook prints", async () => {
  await using world = new HookWorld();
  await assert.rejects(transform(world, " ".repeat(1_048_577)), {
    message: 'hook "h1" (preRequest 1 of 1): printed more than 1048576 bytes',
  });
});

Deno.test("transformRequest() policy ignore asks with the request as it was", async () => {
  await using world = new HookWorld();
  world.runner.commands["other"] = () => ({ out: "canary" });
  const steps = world.steps("preRequest", { command: "other", retryPolicy: "ignore" });
  assert.deepEqual(await transformRequest(request, steps, world.attempts()), request);
});
