import assert from "node:assert/strict";

Deno.test("deno.lock names no address, so that any registry can serve the packages", async () => {
  const lock = await Deno.readTextFile(new URL("../../deno.lock", import.meta.url));
  assert.doesNotMatch(lock, /:\/\/|"tarball"/);
});
