import assert from "node:assert/strict";
import { openStoredFile } from "./stored_file.ts";

Deno.test("openStoredFile() reads at any position, whatever was read before", async () => {
  const path = await Deno.makeTempFile();
  const bytes = crypto.getRandomValues(new Uint8Array(1_000));
  await Deno.writeFile(path, bytes);
  const file = openStoredFile(path)!;
  try {
    const into = new Uint8Array(100);
    for (const position of [0, 100, 700, 100, 0, 0, 950]) {
      const count = await file.read!(into, position);
      assert.equal(count, Math.min(100, 1_000 - position), `at ${position}`);
      assert.deepEqual(into.slice(0, count), bytes.slice(position, position + count));
    }
    assert.equal(await file.read!(into, 1_000), 0);
  } finally {
    file.close();
    await Deno.remove(path);
  }
});
