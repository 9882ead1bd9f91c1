import assert from "node:assert/strict";
import { artifactKey } from "../core/artifact_key.ts";
import { StepError } from "../core/step_error.ts";
import type { StoredArtifact } from "../store/artifact_store.ts";
import { artifactHandler, type ArtifactHandlerOptions } from "./artifact_handler.ts";
import type { HttpAnswer } from "./http_answer.ts";
import { parseHttpRequest } from "./http_request.ts";

const source = { namespace: "apps", name: "flags" };
const hex = "ab".repeat(32);
const key = artifactKey({ ...source, hex });
const gone = artifactKey({ ...source, hex: "cd".repeat(32) });
const tag = `"sha256:${hex}"`;
const size = 100;

class Artifact implements StoredArtifact {
  readonly size = size;
  closed = false;
  stream(): ReadableStream<Uint8Array> {
    throw new Error("Cannot stream here");
  }
  close(): void {
    this.closed = true;
  }
}

interface Asked {
  readonly answer: HttpAnswer;
  readonly artifact: Artifact;
  readonly missing: readonly string[];
  readonly rebuilt: readonly string[];
}

async function ask(line: string, given: Partial<ArtifactHandlerOptions> = {}): Promise<Asked> {
  const artifact = new Artifact();
  const missing: string[] = [];
  const rebuilt: string[] = [];
  const handler = artifactHandler({
    open: (wanted) => Promise.resolve(wanted === key ? artifact : undefined),
    isNamed: () => false,
    syncedSince: () => 1_000,
    now: () => 1_000,
    rebuild: (wanted) => rebuilt.push(wanted),
    onMissing: (wanted) => missing.push(wanted),
    ...given,
  });
  const request = parseHttpRequest(line.replace(/ \/(\S*)/, " /$1 HTTP/1.1\r\nHost: x"));
  assert(request, line);
  return { answer: await handler(request), artifact, missing, rebuilt };
}

Deno.test("artifactHandler() says what consumers need to know of an artifact", async () => {
  for (const method of ["GET", "HEAD"]) {
    const { answer, artifact } = await ask(`${method} /${key}`);
    assert.deepEqual(answer, {
      status: 200,
      headers: {
        "Content-Type": "application/gzip",
        "Content-Disposition": `attachment; filename="${hex}.tar.gz"`,
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "public, max-age=31536000, immutable, no-transform",
      },
      body: { artifact, range: { start: 0, end: size } },
    });
  }
});

Deno.test("artifactHandler() answers nothing but keys, and lists nothing", async () => {
  const paths = [
    "",
    "artifacts",
    "artifacts/",
    "artifacts/apps/flags/",
    `/${key}`,
    `${key}/`,
    `artifacts//${key.slice("artifacts/".length)}`,
    `artifacts/../${key}`,
    `artifacts/apps/x/../flags/${hex}.tar.gz`,
    key.replace("apps", "%61pps"),
    key.replace("/apps", "%2Fapps"),
    key.replace(hex, hex.toUpperCase()),
    `${key}%00`,
    "artifacts/apps/flags/latest.tar.gz",
    ".write-test",
  ];
  for (const path of paths) {
    const opened: string[] = [];
    const open = (wanted: string) => {
      opened.push(wanted);
      return Promise.resolve(undefined);
    };
    assert.equal(
      (await ask(`GET /${path}`, { open, isNamed: () => true })).answer.status,
      404,
      path,
    );
    assert.deepEqual(opened, [], path);
  }
});

Deno.test("artifactHandler() refuses to change anything", async () => {
  for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"]) {
    const { answer } = await ask(`${method} /${key}`);
    assert.equal(answer.status, 405, method);
    assert.equal(answer.headers?.["Allow"], "GET, HEAD");
  }
});

Deno.test("artifactHandler() answers conditions and ranges", async () => {
  const cases: readonly [string, number, string?][] = [
    [`If-None-Match: ${tag}`, 304],
    [`If-None-Match: "x", W/${tag}`, 304],
    [`If-None-Match: *`, 304],
    [`If-None-Match: "sha256:00"`, 200],
    [`If-None-Match: ${tag}\r\nRange: bytes=0-1`, 304],
    ["Range: bytes=0-0", 206, "bytes 0-0/100"],
    ["Range: bytes=10-", 206, "bytes 10-99/100"],
    ["Range: bytes=10-1000", 206, "bytes 10-99/100"],
    ["Range: bytes=-30", 206, "bytes 70-99/100"],
    ["Range: bytes=-1000", 206, "bytes 0-99/100"],
    ["Range: bytes=100-", 416, "bytes */100"],
    ["Range: bytes=-0", 416, "bytes */100"],
    ["Range: bytes=0-1,5-6", 200],
    ["Range: bytes=5-1", 200],
    ["Range: bytes=-", 200],
    ["Range: lines=0-1", 200],
    [`Range: bytes=0-1\r\nIf-Range: ${tag}`, 206, "bytes 0-1/100"],
    [`Range: bytes=0-1\r\nIf-Range: W/${tag}`, 200],
    ["Range: bytes=0-1\r\nIf-Range: Wed, 21 Oct 2015 07:28:00 GMT", 200],
  ];
  for (const [fields, status, contentRange] of cases) {
    const { answer, artifact } = await ask(`GET /${key}\r\n${fields}`);
    assert.equal(answer.status, status, fields);
    assert.equal(answer.headers?.["Content-Range"], contentRange, fields);
    // Without a body to send, the server will not close it.
    const held = answer.body !== undefined && "artifact" in answer.body;
    assert.equal(artifact.closed, !held, fields);
  }
  assert.equal((await ask(`HEAD /${key}\r\nRange: bytes=0-1`)).answer.status, 200);
});

Deno.test("artifactHandler() says 404 only of what is known to be gone", async () => {
  const unknown = { syncedSince: () => undefined };
  const named = { isNamed: () => true };
  const cases: readonly [string, Partial<ArtifactHandlerOptions>, string, number][] = [
    ["here, before objects are known", unknown, key, 200],
    ["not here, before objects are known", unknown, gone, 503],
    ["not here, named by nothing", {}, gone, 404],
    ["named, just after", { ...named, now: () => 30_999 }, gone, 503],
    ["named, too long after", { ...named, now: () => 31_000 }, gone, 404],
  ];
  for (const [name, given, path, status] of cases) {
    const { answer, missing, rebuilt } = await ask(`GET /${path}`, given);
    assert.equal(answer.status, status, name);
    assert.equal(answer.headers?.["Retry-After"], status === 503 ? "5" : undefined, name);
    assert.deepEqual(missing, name === "named, too long after" ? [gone] : [], name);
    assert.deepEqual(rebuilt, name.startsWith("named") ? [gone] : [], name);
  }
});

Deno.test("artifactHandler() says 503 when the store fails, without the store's words", async () => {
  const failure = new StepError("Cannot read: secret bucket", { class: "storage", reason: "X" });
  const seen: unknown[] = [];
  const { answer } = await ask(`GET /${key}`, {
    open: () => Promise.reject(failure),
    onStorageError: (error) => seen.push(error),
  });
  assert.equal(answer.status, 503);
  assert.equal(answer.headers?.["Retry-After"], "5");
  assert(answer.body instanceof Uint8Array);
  assert.doesNotMatch(new TextDecoder().decode(answer.body), /secret/);
  assert.deepEqual(seen, [failure]);
  await assert.rejects(
    ask(`GET /${key}`, { open: () => Promise.reject(new TypeError("a bug")) }),
    TypeError,
  );
});

Deno.test("artifactHandler() answers latest.tar.gz with the current artifact, never to be cached", async () => {
  const path = "artifacts/apps/flags/latest.tar.gz";
  const currentKey = ({ namespace, name }: typeof source) =>
    namespace === "apps" && name === "flags" ? key : undefined;
  const { answer } = await ask(`GET /${path}`, { currentKey });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers?.["Cache-Control"], "no-cache, no-transform");
  assert.equal(answer.headers?.["ETag"], tag);
  const again = await ask(`GET /${path}\r\nIf-None-Match: ${tag}`, { currentKey });
  assert.equal(again.answer.status, 304);

  const other = path.replace("flags", "other");
  assert.equal((await ask(`GET /${other}`, { currentKey })).answer.status, 404);
  const early = await ask(`GET /${other}`, { currentKey, syncedSince: () => undefined });
  assert.equal(early.answer.status, 503);
});
