import { strict as assert } from "node:assert";
import { capturedName, removeOlder } from "./pvc_capture.ts";

async function withFile(body: (path: string) => Promise<void>): Promise<void> {
  const directory = await Deno.realPath(await Deno.makeTempDir());
  const path = `${directory}/file`;
  await Deno.writeTextFile(path, "bytes");
  await Deno.utime(path, 1_000, 1_000);
  await body(path);
  await Deno.remove(directory, { recursive: true });
}

const exists = (path: string) => Deno.lstat(path).then(() => true, () => false);

Deno.test("capturedName() tells what a captured file was", () => {
  assert.equal(capturedName("a.tar.gz.1f-0.deleting"), "a.tar.gz");
  for (const other of ["a.tar.gz", "a.deleting", ".x.deleting", "a.tar.gz.X_.deleting"]) {
    assert.equal(capturedName(other), undefined, other);
  }
});

Deno.test("removeOlder() removes also where there is no room for another name", async () => {
  const { rename } = Deno;
  for (const code of ["No space left on device (os error 28)", "Quota exceeded (os error 122)"]) {
    await withFile(async (path) => {
      Deno.rename = () => Promise.reject(new Error(code));
      try {
        assert.equal(await removeOlder(path, { putBefore: 1_000_000, id: "1" }), "spared");
        assert.equal(await removeOlder(path, { putBefore: 1_000_001, id: "1" }), "removed");
        assert.equal(await removeOlder(path, { putBefore: 1_000_001, id: undefined }), "absent");
      } finally {
        Deno.rename = rename;
      }
      assert.equal(await exists(path), false);
    });
  }
});

Deno.test("removeOlder() throws what else the volume says, and leaves the file", async () => {
  const { rename } = Deno;
  await withFile(async (path) => {
    Deno.rename = () => Promise.reject(new Error("Read-only file system (os error 30)"));
    try {
      await assert.rejects(removeOlder(path, { putBefore: 2_000_000, id: "1" }), /Read-only/);
    } finally {
      Deno.rename = rename;
    }
    assert.equal(await exists(path), true);
  });
});
