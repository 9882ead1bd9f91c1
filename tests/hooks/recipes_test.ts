import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { runCommand } from "../../src/cli/run_command.ts";
import { parseWhitelist } from "../../src/hooks/parse_whitelist.ts";
import type { Built } from "./recipes/built.ts";
import type { GoExample } from "./recipes/go_example.ts";
import { goExamples } from "./recipes/go_examples.ts";
import { readRecipes } from "./recipes/read_recipes.ts";
import type { Recipe } from "./recipes/recipe.ts";
import type { AskedRequest } from "./recipes/recipe_upstream.ts";
import { RecipeWorld } from "./recipes/recipe_world.ts";

const markdown = Deno.readTextFileSync(new URL("../../docs/hooks.md", import.meta.url));
const recipes = readRecipes(markdown);

const goWhitelist = Deno.readTextFileSync(
  new URL("recipes/go_chart_whitelist.yaml", import.meta.url),
);

/** In-process and through the sidecar. */
const ways = ["buildInProcess", "buildThroughSidecar"] as const;

const withoutTimes = (text: string) => text.replaceAll(/\d+ ms/g, "N ms");

async function errorOf(building: Promise<Built>): Promise<string> {
  const error = await building.then(() => undefined, (reason: Error) => reason);
  assert.ok(error, "nothing went wrong");
  return error.message;
}

/** What is asked is what the recipe says, and no header of a Secret with it that a hook took out. */
function expectRequest(asked: AskedRequest | undefined, expected: string): void {
  const [line, ...headers] = expected.trim().split("\n");
  assert.equal(asked?.line, line);
  assert.deepEqual(Object.keys(asked!.headers), headers.map((each) => each.split(": ")[0]));
  for (const header of headers) {
    const [name = "", value = ""] = header.split(": ");
    const [start = "", end] = value.split("…");
    const given = asked!.headers[name] ?? "";
    assert.ok(end === undefined ? given === start : given.startsWith(start), `${name}: ${given}`);
  }
}

async function expectRecipe(world: RecipeWorld, recipe: Recipe): Promise<void> {
  for (const [index, { answer, document, error }] of recipe.cases.entries()) {
    world.upstream.answer = answer;
    const digests = new Set<string>();
    for (const way of ways) {
      if (document === undefined) {
        const message = withoutTimes(await errorOf(world[way](recipe)));
        assert.ok(message.includes(withoutTimes(error!)), `${way}: ${message}`);
        continue;
      }
      const built = await world[way](recipe);
      assert.equal(new TextDecoder().decode(built.document), document, way);
      if (index === 0) assert.equal(built.revision, recipe.revision, way);
      digests.add(built.digest);
      if (recipe.request !== undefined) {
        expectRequest(world.upstream.asked.at(-1), recipe.request);
      }
    }
    assert.equal(digests.size, document === undefined ? 0 : 1);
  }
}

Deno.test("every recipe of docs/hooks.md gives in-process and through the sidecar what stands there", async (t) => {
  const tools = Object.assign({}, ...recipes.map((recipe) => recipe.tools)) as Recipe["tools"];
  await using world = await RecipeWorld.start(recipes.map(({ whitelist }) => whitelist), tools);
  for (const recipe of recipes) {
    await t.step(recipe.title, () => expectRecipe(world, recipe));
  }
});

Deno.test("the token and the signature of the recipes are right, and the key goes nowhere", async () => {
  const key = "a-key-of-32-bytes-or-more-is-best";
  const wanted = recipes.filter(({ tools }) => "mint-token" in tools || "sign-url" in tools);
  const tools = Object.assign({}, ...wanted.map((recipe) => recipe.tools)) as Recipe["tools"];
  await using world = await RecipeWorld.start(wanted.map(({ whitelist }) => whitelist), tools);
  for (const recipe of wanted) await world.buildThroughSidecar(recipe);
  const [minted, signed] = world.upstream.asked;
  const [head, claims, signature] = minted!.headers["authorization"]!.split(" ")[1]!.split(".");
  const hmac = (text: string) => createHmac("sha256", key).update(text);
  assert.equal(signature, hmac(`${head}.${claims}`).digest("base64url"));
  const { iss, iat, exp } = JSON.parse(atob(claims!));
  assert.deepEqual([iss, exp - iat], ["shop", 300]);
  const { searchParams } = new URL(signed!.line.split(" ")[1]!, "http://upstream");
  const plain = "/export.json?team=payments";
  assert.equal(searchParams.get("signature"), hmac(plain).digest("hex"));
  assert.ok(!JSON.stringify(world.upstream.asked).includes(key));
});

Deno.test("the recipe of failures takes a packed answer too, and refuses an empty one", async () => {
  const recipe = recipes.find(({ whitelist }) => whitelist.includes("gunzip"))!;
  await using world = await RecipeWorld.start([recipe.whitelist]);
  world.upstream.answer = gzipSync(recipe.cases[0]!.answer);
  for (const way of ways) {
    assert.equal((await world[way](recipe)).revision, recipe.revision, way);
  }
  world.upstream.answer = "";
  for (const way of ways) assert.match(await errorOf(world[way](recipe)), /"not-empty".*: exit 5 /);
});

/** Fails at its first run; counts them in a file beside it. */
const flaky = `#!/bin/sh
echo run >> "$0.runs"
[ "$(wc -l < "$0.runs")" -ge 2 ] || exit 3
cat
`;
const goTools = { flaky: { language: "sh", text: flaky } };
const withFlaky = goWhitelist.replace("commands:\n", "commands:\n  flaky: { allowed: true }\n");

function sourceOf({ hooks, maxRetries = 3 }: GoExample): string {
  return JSON.stringify({
    apiVersion: "source.flux.oddkin.co/v1alpha1",
    kind: "ExternalSource",
    metadata: { name: "example" },
    spec: {
      ...{ interval: "5m", maxRetries, hooks: { postRequest: hooks } },
      generator: { type: "http", http: { url: "https://api.example.com/document" } },
    },
  });
}

async function runsOf(file: string): Promise<number> {
  const text = await Deno.readTextFile(file).catch(() => "");
  await Deno.remove(file).catch(() => {});
  return text.split("\n").length - 1;
}

async function expectExample(world: RecipeWorld, example: GoExample): Promise<void> {
  world.upstream.answer = example.answer;
  const recipe = { source: sourceOf(example), whitelist: withFlaky };
  const built: Built[] = [];
  for (const way of ways) {
    if (example.document === undefined) {
      const message = withoutTimes(await errorOf(world[way](recipe)));
      assert.ok(message.includes(withoutTimes(example.error!)), `${way}: ${message}`);
    } else {
      built.push(await world[way](recipe));
      assert.equal(new TextDecoder().decode(built.at(-1)!.document), example.document, way);
    }
    assert.equal(await runsOf(world.path("flaky.runs")), example.runs ?? 0, way);
  }
  assert.deepEqual(built[0], built[1]);
}

Deno.test("hooks of the Go implementation give the same in-process and through the sidecar, with the whitelist of its chart", async (t) => {
  await using world = await RecipeWorld.start([withFlaky], goTools);
  for (const example of goExamples) {
    await t.step(example.name, () => expectExample(world, example));
  }
});

Deno.test("whitelist check says what docs/hooks.md says, of the shipped file and of the one in the text", async () => {
  const checks = [
    ...markdown.matchAll(/^\$ externalsource-controller (whitelist check .*)\n(.*)$/gm),
  ];
  assert.ok(checks.length >= 2);
  for (const [, call = "", answer] of checks) {
    const [action, check, file, ...command] = call.split(" ");
    let out = "";
    await runCommand({
      arguments: [
        action!,
        check!,
        fileURLToPath(new URL(`../../${file}`, import.meta.url)),
        ...command,
      ],
      environment: {},
      signal: new AbortController().signal,
      print: (text) => out += text,
      printError: (text) => out += text,
      drop: () => {},
    });
    assert.equal(out.trim(), answer);
  }
  const [, example = ""] = /```yaml file\n(commands:\n.*?)```/s.exec(markdown) ?? [];
  assert.deepEqual(parseWhitelist(example).warnings, []);
});
