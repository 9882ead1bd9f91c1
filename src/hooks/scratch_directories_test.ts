import assert from "node:assert/strict";
import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ScratchDirectories } from "./scratch_directories.ts";

Deno.test("ScratchDirectories.create() works as soon as it can, though it could not at first", async () => {
  const place = await Deno.makeTempDir();
  try {
    const parent = join(place, "later");
    await using scratch = new ScratchDirectories(parent);
    await assert.rejects(scratch.create(), { code: "ENOENT" });
    await mkdir(parent);
    assert.ok((await stat(await scratch.create())).isDirectory());
  } finally {
    await rm(place, { recursive: true });
  }
});
