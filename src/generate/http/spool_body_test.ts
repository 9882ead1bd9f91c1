import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { StepError } from "../../core/step_error.ts";
import { HttpFailure } from "./http_failure.ts";
import { spoolBody } from "./spool_body.ts";

async function* bodyOf(...pieces: readonly (string | Error)[]): AsyncIterable<Uint8Array> {
  for (const piece of pieces) {
    if (piece instanceof Error) throw piece;
    yield await Promise.resolve(new TextEncoder().encode(piece));
  }
}

async function inDirectory(test: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await test(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("spoolBody() writes and hashes what comes", async () => {
  await inDirectory(async (directory) => {
    const file = `${directory}/spool`;
    const seen: number[] = [];
    const received = (bytes: number) => void seen.push(bytes);
    const document = await spoolBody(bodyOf("ab", "", "cde"), { file, maxSize: 5, received });
    const sha256 = createHash("sha256").update("abcde").digest("hex");
    assert.deepEqual(document, { file, size: 5, sha256 });
    assert.equal(await Deno.readTextFile(file), "abcde");
    assert.deepEqual(seen, [2, 0, 3]);
    assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
  });
});

Deno.test("spoolBody() leaves nothing of a body that is too large or breaks", async () => {
  await inDirectory(async (directory) => {
    const options = { file: `${directory}/spool`, maxSize: 4, received: () => {} };
    await assert.rejects(spoolBody(bodyOf("abc", "de"), options), HttpFailure);
    const broken = new Error("broken");
    await assert.rejects(spoolBody(bodyOf("abc", broken), options), broken);
    assert.deepEqual([...Deno.readDirSync(directory)], []);
  });
});

Deno.test("spoolBody() reports a directory it cannot write to as storage", async () => {
  await inDirectory(async (directory) => {
    const options = { file: `${directory}/no/spool`, maxSize: 4, received: () => {} };
    await assert.rejects(
      spoolBody(bodyOf("abc"), options),
      (error) => error instanceof StepError && error.class === "storage",
    );
  });
});
