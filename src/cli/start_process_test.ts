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

Deno.test("startProcess() says that the output cannot be written, with exit code 1", async () => {
  const script = '"$@" > /dev/full; echo "code $?" >&2';
  const { stderr } = await new Deno.Command("sh", {
    args: ["-c", script, "sh", Deno.execPath(), "run", "-A", "-q", main, "crds"],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  assert.equal(
    new TextDecoder().decode(stderr),
    "Cannot write to standard output: no space left on the disk\ncode 1\n",
  );
});

Deno.test("startProcess() keeps the exit code where there is no room for an error", async () => {
  const { code } = await new Deno.Command("sh", {
    args: ["-c", '"$@" 2> /dev/full', "sh", Deno.execPath(), "run", "-A", "-q", main, "nothing"],
    stdin: "null",
  }).output();
  assert.equal(code, 2);
});

const endings: readonly { what: string; signals: readonly Deno.Signal[] }[] = [
  {
    what: "Ctrl-C reaches it and its parent, which passes on SIGTERM",
    signals: ["SIGINT", "SIGTERM"],
  },
  { what: "its terminal is closed", signals: ["SIGHUP"] },
];
for (const { what, signals } of endings) {
  Deno.test(`startProcess() lets a command end well when ${what}`, async () => {
    const folder = await Deno.makeTempDir();
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "-q", main, "local", folder, "--artifact-server-port=0"],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const output = child.stdout.getReader();
    try {
      await output.read(); // it is running
      for (const signal of signals) child.kill(signal);
      assert.equal((await child.status).code, 0);
    } finally {
      await output.cancel();
      await Deno.remove(folder, { recursive: true });
    }
  });
}
