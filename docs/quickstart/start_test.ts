import assert from "node:assert/strict";

const script = new URL("start.ts", import.meta.url).pathname;

Deno.test("the quickstart leaves no folder behind when its terminal is closed", async () => {
  const folder = await Deno.makeTempDir();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", script],
    env: { TMPDIR: folder },
    detached: true, // a group of its own, which all of it gets the signal in
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  try {
    let text = "";
    for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
      if ((text += piece).includes("watching ")) break;
    }
    assert.match(text, /^watching /m);
    Deno.kill(-child.pid, "SIGHUP");
    assert.equal((await child.status).code, 0);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
