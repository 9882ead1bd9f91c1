import assert from "node:assert/strict";

Deno.test("writeStderr() writes long texts whole, in their order", async () => {
  const module = new URL("./write_stderr.ts", import.meta.url).href;
  const code = `import { writeStderr } from "${module}";
    writeStderr("ä".repeat(500_000));
    writeStderr("end\\n");`;
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", code],
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stderr);
  assert.equal(text.length, 500_004);
  assert(text.endsWith("äend\n"));
});
