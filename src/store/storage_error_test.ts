import { strict as assert } from "node:assert";
import { asStorageError, storageError } from "./storage_error.ts";

Deno.test("asStorageError() reports what the operating system said, without the path", () => {
  const cause = Object.assign(new Error("No space left (os error 28): open '/data/x'"), {
    code: "ENOSPC",
  });
  const error = asStorageError('Cannot store "artifacts/a/b"', cause);
  assert.deepEqual(
    error,
    storageError('Cannot store "artifacts/a/b": no space left on the disk', cause),
  );
});

Deno.test("asStorageError() passes on what is no state of the disk", () => {
  for (const error of [new TypeError("x"), storageError("Cannot store: out")]) {
    assert.equal(asStorageError("Cannot store", error), error);
  }
});
