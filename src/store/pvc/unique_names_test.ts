import { strict as assert } from "node:assert";
import { UniqueNames } from "./unique_names.ts";

Deno.test("UniqueNames gives no name twice on a volume, and leaves nothing", async () => {
  const root = await Deno.realPath(await Deno.makeTempDir());
  const givers = Array.from({ length: 5 }, () => new UniqueNames(root, ".incoming"));
  const names = await Promise.all(
    givers.flatMap((each) => Array.from({ length: 10 }, () => each.next())),
  );
  assert.equal(new Set(names).size, 50);
  for (const name of names) assert.match(name, /^[0-9a-z-]+$/);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(`${root}/.incoming`)), []);
  await Deno.remove(root, { recursive: true });
});

Deno.test("UniqueNames gives names again after the disk was full", async () => {
  const root = await Deno.realPath(await Deno.makeTempDir());
  const names = new UniqueNames(root, ".incoming");
  const { makeTempFile } = Deno;
  Deno.makeTempFile = () => Promise.reject(new Error("No space left on device (os error 28)"));
  try {
    await assert.rejects(names.next(), /No space left/);
  } finally {
    Deno.makeTempFile = makeTempFile;
  }
  assert.match(await names.next(), /^[0-9a-z-]+$/);
  await Deno.remove(root, { recursive: true });
});
