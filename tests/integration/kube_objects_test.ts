import { testObjects } from "../contract/objects.ts";
import { KubeWorld } from "./kube_world.ts";

let world: KubeWorld;

Deno.test.beforeAll(async () => {
  world = await KubeWorld.start();
});
Deno.test.afterAll(() => world?.plane.close());

testObjects("KubeObjects", () => world.harness());
