import { type E2eWorld, startE2eWorld } from "./e2e_world.ts";
import { helmStory } from "./helm_story.ts";
import { imageStory } from "./image_story.ts";
import { kustomizeStory } from "./kustomize_story.ts";
import { quickstartStory } from "./quickstart_story.ts";
import { restoreStory } from "./restore_story.ts";
import { upgradeStory } from "./upgrade_story.ts";

let world: E2eWorld;

Deno.test.beforeAll(async () => {
  world = await startE2eWorld();
  console.log(`In pods on ${world.cluster.kind}: ${world.how}`);
});
Deno.test.afterAll(async () => await world?.[Symbol.asyncDispose]());

Deno.test("what kubectl apply -k installs feeds Flux from a volume, and outlives its pod and its node", async (test) => {
  await kustomizeStory(world, test);
});

Deno.test("every command of the quickstart does what the page says", async (test) => {
  await quickstartStory(world, test);
});

Deno.test("our images run where those of the Go implementation ran, without a volume at /tmp", async (test) => {
  await imageStory(world, test);
});

Deno.test("helm upgrade --reuse-values from the Go implementation keeps every URL and every field", async (test) => {
  await upgradeStory(world, test);
});

Deno.test("what helm install installs serves artifacts from memory, volumes and S3, and goes with helm uninstall", async (test) => {
  await helmStory(world, test);
});

// The last one: no other story finds its cluster after it.
Deno.test("another cluster goes on with the volume of one that is lost", async (test) => {
  await restoreStory(world, test);
});
