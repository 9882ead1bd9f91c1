import { strict as assert } from "node:assert";
import { fileErrorCode, fileErrorState } from "./file_error.ts";

const failure = (code: unknown) => Object.assign(new Error("open '/secret/path'"), { code });

const cases = [
  { error: failure("ENOSPC"), state: "no space left on the disk" },
  { error: failure("EROFS"), state: "the file system is read-only" },
  { error: failure("EXDEV"), state: "the operating system says EXDEV" },
  { error: new Error("Quota exceeded (os error 122)"), state: "the disk quota is used up" },
  { error: new Error("status 122"), state: undefined },
  { error: failure("ERR_INVALID_ARG_TYPE"), state: undefined },
  { error: failure(28), state: undefined },
  { error: new TypeError("x is not a function"), state: undefined },
  { error: "ENOSPC", state: undefined },
  {
    error: new Deno.errors.NotCapable('Requires all access to "/proc/x", run again with …'),
    state: "it is among the files in /dev, /proc and /sys that this program may not use",
  },
  {
    error: new Deno.errors.NotCapable('Requires read access to "/x", run again with …'),
    state: undefined,
  },
];

Deno.test("fileErrorState() says what the operating system said, and nothing of other errors", () => {
  for (const { error, state } of cases) assert.equal(fileErrorState(error), state);
});

Deno.test("fileErrorState() knows an error of Deno", async () => {
  const error = await Deno.open("/no/such/file").catch((thrown: unknown) => thrown);
  assert.equal(fileErrorCode(error), "ENOENT");
  assert.equal(fileErrorState(error), "no such file or directory");
});
