import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { runCommand } from "../run_command.ts";
import { type ExpectedArtifact, fetchWithFlux } from "./fetcher.ts";

const sha256 = (bytes: string | Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const path = "conf/größe 1.json";
const content = '{"a":1}\n';

/** Made by tar and gzip, so that nothing of ours is in it. */
async function makeArchive(): Promise<Uint8Array<ArrayBuffer>> {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(dir, "conf"));
    await Deno.writeTextFile(join(dir, path), content, { mode: 0o644 });
    await runCommand("tar", { args: ["-C", dir, "-czf", join(dir, "a.tar.gz"), path] });
    return await Deno.readFile(join(dir, "a.tar.gz"));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("fetchWithFlux() takes what is right and says what differs", async () => {
  const archive = await makeArchive();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request) =>
      request.url.endsWith("/a.tar.gz")
        ? new Response(archive, { headers: { "content-type": "application/gzip" } })
        : new Response(null, { status: 404 }),
  );
  const right: ExpectedArtifact = {
    url: `http://127.0.0.1:${server.addr.port}/a.tar.gz`,
    digest: `sha256:${sha256(archive)}`,
    path,
    mode: 0o644,
    sha256: sha256(content),
    size: content.length,
  };
  try {
    const answers = await fetchWithFlux([
      right,
      { ...right, digest: `sha256:${sha256(content)}` },
      { ...right, path: "conf/other" },
      { ...right, mode: 0o600 },
      { ...right, size: 1 },
      { ...right, sha256: sha256("") },
      { ...right, url: `${right.url}.gone` },
      right,
    ]);
    assert.equal(answers.length, 8);
    assert.equal(answers[0], undefined);
    assert.match(answers[1]!, /computed digest doesn't match/);
    assert.match(answers[2]!, /extracted \["conf\/größe 1\.json"\], expected "conf\/other"/);
    assert.match(answers[3]!, /mode -rw-r--r--, expected -rw-------/);
    assert.match(answers[4]!, /8 bytes, expected 1/);
    assert.match(answers[5]!, /^sha256 /);
    assert.match(answers[6]!, /file not found/);
    assert.equal(answers[7], undefined);
  } finally {
    await server.shutdown();
  }
});
