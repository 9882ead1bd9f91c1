import assert from "node:assert/strict";
import { bytesOf } from "../../tests/contract/store.ts";
import { openFiles } from "../../tests/open_files.ts";
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

const all = async (stream: ReadableStream<Uint8Array>) =>
  new Uint8Array(
    await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );

Deno.test("openStoredFile() gives the bytes that there were, whatever is appended meanwhile", async () => {
  const path = await Deno.makeTempFile();
  const bytes = bytesOf(1, 100_000);
  await Deno.writeFile(path, bytes);
  const files = [1, 2, 3].map(() => openStoredFile(path)!);
  await Deno.writeFile(path, bytes, { append: true });
  assert.deepEqual(await all(files[0]!.stream()), bytes);
  assert.deepEqual(await all(files[1]!.stream({ start: 7, end: 100_000 })), bytes.slice(7));
  const into = new Uint8Array(65_536);
  assert.equal(await files[2]!.read!(into, 65_536), 100_000 - 65_536);
  assert.equal(await files[2]!.read!(into, 100_000), 0);
  files[2]!.close();
  await Deno.remove(path);
});

Deno.test("openStoredFile() reports a file that is cut off or cannot be read, and closes it", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeFile(path, new Uint8Array(100_000));
  const [cut, whole, part] = [1, 2, 3].map(() => openStoredFile(path)!);
  await Deno.truncate(path, 70_000);
  await assert.rejects(all(cut!.stream()), {
    class: "storage",
    message: "Cannot read an artifact: it has become shorter",
  });
  const { read, readSync } = Deno.FsFile.prototype;
  const fail = () => {
    throw new Error("Stale file handle (os error 116)");
  };
  Object.assign(Deno.FsFile.prototype, { read: async () => fail(), readSync: fail });
  try {
    const stale = {
      class: "storage",
      message: "Cannot read an artifact: the volume has gone away (stale file handle)",
    };
    await assert.rejects(all(whole!.stream()), stale);
    assert.throws(() => part!.read!(new Uint8Array(10), 0), stale);
    await assert.rejects(async () => await part!.read!(new Uint8Array(65_536), 1), stale);
  } finally {
    Object.assign(Deno.FsFile.prototype, { read, readSync });
  }
  part!.close();
  assert.equal(openFiles(path), 0);
  await Deno.remove(path);
});
