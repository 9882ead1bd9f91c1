import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));

Deno.test("startProcess() ends a command quietly when nobody reads its output", async () => {
  // `true` has long closed the pipe when the program writes to it.
  const script = '("$@"; echo "code $?" >&2) | true';
  const { stderr } = await new Deno.Command("sh", {
    args: ["-c", script, "sh", Deno.execPath(), "run", "-A", "-q", main, "crds"],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  assert.equal(new TextDecoder().decode(stderr), "code 0\n");
});
