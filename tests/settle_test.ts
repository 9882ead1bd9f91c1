import { strict as assert } from "node:assert";
import { settle } from "./settle.ts";

Deno.test("settle() runs promise chains to their end", async () => {
  let links = 0;
  let chain = Promise.resolve();
  for (let link = 0; link < 50; link++) chain = chain.then(() => void links++);
  await settle();
  assert.equal(links, 50);
});
