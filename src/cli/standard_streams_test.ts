import assert from "node:assert/strict";
import { isStandardInput, isStandardOutput } from "./standard_streams.ts";

const main = new URL("../main.ts", import.meta.url).pathname;

Deno.test("- and the system's own names are the standard streams, other files are not", () => {
  assert.deepEqual(["-", "/dev/stdin", "/dev/stdout", "a"].map(isStandardInput), [
    ...[true, true, false, false],
  ]);
  assert.deepEqual(["-", "/dev/stdin", "/dev/stdout", "a"].map(isStandardOutput), [
    ...[true, false, true, false],
  ]);
});

for (const command of [["build", "-"], ["whitelist", "check", "-"]]) {
  Deno.test(`standardInput() lets Ctrl-C end ${command.join(" ")} that waits for input`, async () => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "-q", main, ...command],
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
    // The process takes this from the pipe as soon as it reads, and so it listens to signals already.
    const input = child.stdin.getWriter();
    for (let sent = 0; sent < 4; sent++) await input.write(new Uint8Array(65_536).fill(0x20));
    child.kill("SIGINT");
    assert.equal((await child.status).code, 0);
    await input.close().catch(() => {});
  });
}
