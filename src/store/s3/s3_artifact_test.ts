import { strict as assert } from "node:assert";
import { Readable } from "node:stream";
import { StepError } from "../../core/step_error.ts";
import type { ByteRange, StoredArtifact } from "../artifact_store.ts";
import { s3Artifact } from "./s3_artifact.ts";
import { S3TransportError } from "./s3_transport.ts";
import { storageError } from "../storage_error.ts";

const bytes = new Uint8Array(300_000).map((_, index) => (index * 7 + (index >> 8)) & 0xff);

interface Body {
  /** Where it breaks off; by default nowhere. */
  readonly until?: number;
  /** With what; by default it just ends. */
  readonly error?: Error;
}

function bodyOf({ start, end }: ByteRange, { until = end, error }: Body = {}): Readable {
  return Readable.from(
    (function* () {
      for (let at = start; at < Math.min(end, until); at += 10_000) {
        yield bytes.slice(at, Math.min(at + 10_000, end, until));
      }
      if (error) throw error;
    })(),
    { objectMode: false },
  );
}

/** An object whose requests get these bodies, one after the other; then there is no more. */
function opened(...bodies: Body[]): { artifact: StoredArtifact; asked: ByteRange[] } {
  const asked: ByteRange[] = [];
  const [first, ...others] = bodies;
  const artifact = s3Artifact({
    size: bytes.length,
    digest: undefined,
    body: bodyOf({ start: 0, end: bytes.length }, first),
    reopen: (range) => {
      asked.push(range);
      const next = others.shift();
      if (!next) return Promise.reject(storageError("Cannot read: gone"));
      return Promise.resolve(bodyOf(range, next));
    },
    failure: (error) =>
      error instanceof S3TransportError ? storageError(`Cannot read: ${error.message}`) : error,
  });
  return { artifact, asked };
}

const read = async (artifact: StoredArtifact, range?: ByteRange) =>
  new Uint8Array(await new Response(artifact.stream(range) as BodyInit).arrayBuffer());

const reset = Object.assign(new Error("reset"), { code: "ECONNRESET" });

Deno.test("s3Artifact() gives exactly its bytes", async () => {
  const { artifact, asked } = opened({});
  assert.deepEqual(await read(artifact), bytes);
  assert.deepEqual(asked, []);
});

Deno.test("s3Artifact() goes on where a connection broke, or a body ended early", async () => {
  const { artifact, asked } = opened({ until: 55_555, error: reset }, { until: 200_000 }, {});
  assert.deepEqual(await read(artifact), bytes);
  const end = bytes.length;
  assert.deepEqual(asked.map(({ start }) => start > 0 && start < end), [true, true]);
  assert.equal(asked[1]!.start, 200_000);
});

Deno.test("s3Artifact() never ends early without an error", async () => {
  const { artifact } = opened({ until: 50_000 });
  await assert.rejects(read(artifact), (error) => error instanceof StepError);
  const broken = opened({ until: 10 }, { until: 20 }, { until: 30 }, { until: 40 }, {});
  await assert.rejects(read(broken.artifact), /Cannot read: the answer ended early/);
  assert.equal(broken.asked.length, 3, "bounded");
});

Deno.test("s3Artifact() passes a bug on", async () => {
  const bug = new TypeError("bug");
  const { artifact } = opened({ until: 10, error: bug }, { until: 20, error: bug }, {
    until: 30,
    error: bug,
  }, { until: 40, error: bug });
  await assert.rejects(read(artifact), TypeError);
});

Deno.test("s3Artifact() asks for a range far behind, and skips to one that is near or refused", async () => {
  const far = opened({}, {});
  assert.deepEqual(
    await read(far.artifact, { start: 100_000, end: 100_007 }),
    bytes.slice(100_000, 100_007),
  );
  assert.deepEqual(far.asked, [{ start: 100_000, end: 100_007 }]);
  const near = opened({});
  assert.deepEqual(
    await read(near.artifact, { start: 60_000, end: 60_003 }),
    bytes.slice(60_000, 60_003),
  );
  assert.deepEqual(near.asked, []);
  const replaced = opened({});
  assert.deepEqual(
    await read(replaced.artifact, { start: 250_000, end: 300_000 }),
    bytes.slice(250_000),
  );
  assert.equal(replaced.asked.length, 1);
});

Deno.test("s3Artifact() reads no more than it is asked for, and lets go on cancel", async () => {
  const { artifact } = opened({});
  const reader = artifact.stream().getReader();
  assert.equal((await reader.read()).value!.length > 0, true);
  await reader.cancel();
  artifact.close();
  const unread = opened({});
  unread.artifact.close();
  unread.artifact.close();
});
