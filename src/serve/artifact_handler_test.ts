import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { settle } from "../../tests/settle.ts";
import { artifactKey } from "../core/artifact_key.ts";
import { StepError } from "../core/step_error.ts";
import type { Peer } from "../core/peer.ts";
import type { StoredArtifact } from "../store/artifact_store.ts";
import {
  artifactHandler,
  type ArtifactHandlerOptions,
  type ArtifactPeers,
} from "./artifact_handler.ts";
import type { HttpAnswer } from "./http_answer.ts";
import { parseHttpRequest } from "./http_request.ts";
import type { LiveAnswer } from "./live_names.ts";

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

interface Given extends Partial<ArtifactHandlerOptions> {
  readonly clock?: ManualClock;
  readonly remoteAddress?: string;
}

function ask(line: string, given: Given = {}): Promise<Asked> {
  return asking(given)(line);
}

/** One handler, to be asked again and again. */
function asking(given: Given): (line: string) => Promise<Asked> {
  const artifact = new Artifact();
  const clock = given.clock ?? new ManualClock(1_000);
  const missing: string[] = [];
  const rebuilt: string[] = [];
  const handler = artifactHandler({
    open: (wanted) => Promise.resolve(wanted === key ? artifact : undefined),
    isNamed: () => false,
    syncedSince: () => 1_000,
    clock,
    rebuild: (wanted) => rebuilt.push(wanted),
    onMissing: (wanted) => missing.push(wanted),
    ...given,
  });
  return async (line) => {
    const head = line.replace(/ \/(\S*)/, " /$1 HTTP/1.1\r\nHost: x");
    const request = parseHttpRequest(head, given.remoteAddress);
    assert(request, line);
    const answering = Promise.resolve(handler(request));
    answering.catch(() => {}); // until it is awaited
    for (let turns = 0; turns < 3 && clock.pending === 0; turns++) await settle();
    if (clock.pending > 0) await clock.advance(20);
    return { answer: await answering, artifact, missing, rebuilt };
  };
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
  const live = (answer: LiveAnswer) => ({ isNamedLive: () => Promise.resolve(answer) });
  const hop = `${gone}\r\nX-Externalsource-Hop: 1`;
  const cases: readonly [string, Given, string, number][] = [
    ["here, before objects are known", unknown, key, 200],
    ["not here, before objects are known", unknown, gone, 503],
    ["not here, named by nothing", {}, gone, 404],
    ["named", named, gone, 503],
    ["named, hours after the start", { ...named, clock: new ManualClock(10_000_000) }, gone, 503],
    ["not named by the API server either", live("unnamed"), gone, 404],
    ["the API server cannot be asked", live("unknown"), gone, 503],
    ["named by the API server", live("named"), gone, 503],
    ["named, asked by another replica", named, hop, 404],
  ];
  for (const [name, given, path, status] of cases) {
    const { answer, missing, rebuilt } = await ask(`GET /${path}`, given);
    assert.equal(answer.status, status, name);
    assert.equal(answer.headers?.["Retry-After"], status === 503 ? "5" : undefined, name);
    assert.deepEqual(missing, [], name);
    const isRebuilt = name.startsWith("named");
    assert.deepEqual(rebuilt, isRebuilt ? [gone] : [], name);
  }
});

Deno.test("artifactHandler() says 404 of a published artifact when it could be had from nowhere for 30 s", async () => {
  const clock = new ManualClock(10_000_000);
  const artifact = new Artifact();
  let isHere = false;
  const open = () => Promise.resolve(isHere ? artifact : undefined);
  const answered = asking({ clock, open, isNamed: () => true });
  const statusAfter = async (ms: number) => {
    await clock.advance(ms);
    return (await answered(`GET /${gone}`)).answer.status;
  };
  assert.equal(await statusAfter(0), 503);
  assert.equal(await statusAfter(29_979), 503); // 20 ms later, after a second look
  assert.equal(await statusAfter(0), 404);
  const { missing, rebuilt } = await answered(`GET /${gone}`);
  assert.deepEqual([missing, rebuilt], [[gone, gone], [gone, gone, gone, gone]]);
  isHere = true;
  assert.equal(await statusAfter(0), 200);
  isHere = false;
  assert.equal(await statusAfter(0), 503, "another loss");
});

Deno.test("artifactHandler() waits for whoever takes over the sources of an owner that was lost", async () => {
  const clock = new ManualClock(10_000_000);
  const given = { clock, isNamed: () => true, ownerLostAt: () => 10_020_000 };
  const answered = asking(given);
  assert.equal((await answered(`GET /${gone}`)).answer.status, 503);
  await clock.advance(49_940);
  assert.equal((await answered(`GET /${gone}`)).answer.status, 503);
  assert.equal((await answered(`GET /${gone}`)).answer.status, 404);
});

Deno.test("artifactHandler() looks twice before it says that a published artifact is gone", async () => {
  let looks = 0;
  const artifact = new Artifact();
  const open = () => Promise.resolve(++looks === 2 ? artifact : undefined);
  const { answer, rebuilt } = await ask(`GET /${gone}`, { open, isNamed: () => true });
  assert.equal(answer.status, 200);
  assert.deepEqual(rebuilt, []);
});

const pod = { name: "web-1", instance: "1", hostname: "10.0.0.7", port: 8080, secure: false };

/** Other replicas that have one artifact, and remember what they were asked for. */
class Peers implements ArtifactPeers {
  readonly asked: string[] = [];
  readonly held: string[] = [];
  readonly #has: string;
  readonly #failure: StepError | undefined;

  constructor(has: string, failure?: StepError) {
    this.#has = has;
    this.#failure = failure;
  }

  list(): readonly Peer[] {
    return [pod];
  }

  pull(wanted: string): Promise<StoredArtifact | undefined> {
    this.asked.push(wanted);
    if (this.#failure) return Promise.reject(this.#failure);
    return Promise.resolve(wanted === this.#has ? new Artifact() : undefined);
  }

  hold(wanted: string, among: readonly Peer[]): Promise<boolean> {
    assert.deepEqual(among, [pod]);
    this.held.push(wanted);
    return Promise.resolve(wanted === this.#has);
  }
}

Deno.test("artifactHandler() asks other replicas for what is published, and for nothing else", async () => {
  const isNamed = (wanted: string) => wanted === gone;
  const peers = new Peers(gone);
  const found = await ask(`GET /${gone}`, { peers, isNamed });
  assert.equal(found.answer.status, 200);
  assert.deepEqual([peers.asked.splice(0), found.rebuilt], [[gone], []]);

  const invented = artifactKey({ ...source, hex: "ef".repeat(32) });
  for (const fields of ["", "\r\nX-Externalsource-Hop: 1", "\r\nX-Externalsource-Pull: 1"]) {
    for (const method of ["GET", "HEAD"]) {
      const isNamedLive = () => Promise.resolve("unnamed" as const);
      const given = { peers, isNamed, isNamedLive, remoteAddress: "10.0.0.8" };
      const { answer } = await ask(`${method} /${invented}${fields}`, given);
      assert.equal(answer.status, 404);
    }
  }
  await ask(`GET /${gone}\r\nX-Externalsource-Hop: 1`, { peers, isNamed });
  assert.deepEqual([peers.asked, peers.held], [[], []]);
});

Deno.test("artifactHandler() does not say 404 while another replica does not answer", async () => {
  const failure = new StepError("Cannot read: x", { class: "storage", reason: "X" });
  const peers = new Peers(gone, failure);
  const clock = new ManualClock(100_000);
  const { answer, rebuilt, missing } = await ask(`GET /${gone}`, {
    ...{ peers, clock },
    isNamed: () => true,
  });
  assert.equal(answer.status, 503);
  assert.deepEqual([rebuilt, missing], [[gone], []]);
});

Deno.test("artifactHandler() holds a copy for another replica that is known by its address", async () => {
  const line = (wanted: string) => `HEAD /${wanted}\r\nX-Externalsource-Pull: 1`;
  const peers = new Peers(key);
  const given = { peers, remoteAddress: pod.hostname };
  assert.equal((await ask(line(key), given)).answer.status, 200);
  assert.equal((await ask(line(gone), given)).answer.status, 404);
  assert.deepEqual(peers.held.splice(0), [key, gone]);
  await ask(line(key).replace("HEAD", "GET"), given);
  await ask(line(gone), { ...given, remoteAddress: "10.0.0.8" });
  assert.deepEqual([peers.held, peers.asked], [[], []]);
});

Deno.test("artifactHandler() sends clients to the store if it is told to and can", async () => {
  const signed: string[] = [];
  const failure = new StepError("Cannot sign", { class: "storage", reason: "X" });
  const redirect = {
    stat: (wanted: string) =>
      Promise.resolve(wanted === key ? { key, size, lastPut: 0 } : undefined),
    url: (wanted: string) => {
      signed.push(wanted);
      return Promise.resolve("https://store/signed?x=1");
    },
  };
  for (const method of ["GET", "HEAD"]) {
    const { answer } = await ask(`${method} /${key}`, { redirect });
    assert.deepEqual(answer, {
      status: 302,
      headers: { "Location": "https://store/signed?x=1", "Cache-Control": "no-store" },
    });
  }
  assert.equal((await ask(`GET /${gone}`, { redirect })).answer.status, 404);
  const hop = await ask(`GET /${key}\r\nX-Externalsource-Hop: 1`, { redirect });
  assert.equal(hop.answer.status, 200);
  const latest = { redirect, currentKey: () => key };
  const { answer } = await ask("GET /artifacts/apps/flags/latest.tar.gz", latest);
  assert.deepEqual([answer.status, answer.headers?.["Cache-Control"]], [302, "no-store"]);
  assert.deepEqual(signed, [key, key, key], "nothing is signed that the store does not have");
  const unsigned = { ...redirect, url: () => Promise.reject(failure) };
  assert.equal((await ask(`GET /${key}`, { redirect: unsigned })).answer.status, 200);
});

Deno.test("artifactHandler() sends what is cached while the store says nothing", async () => {
  const clock = new ManualClock(1_000);
  const redirect = {
    stat: () => new Promise<undefined>(() => {}),
    url: () => assert.fail("it is not known whether the store has it"),
  };
  const artifact = new Artifact();
  const handler = artifactHandler({
    ...{ open: () => Promise.resolve(artifact), isNamed: () => true, syncedSince: () => 0 },
    ...{ clock, redirect },
  });
  const answering = handler(parseHttpRequest(`GET /${key} HTTP/1.1\r\nHost: x`)!);
  await clock.advance(5_000);
  assert.equal((await answering).status, 200);
  assert.equal(clock.pending, 0);
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
