import assert from "node:assert/strict";
import type { Attempt, ObjectVersion, PublishingKind, RunHistory } from "./history.ts";
import { judgeRun, type RunTerms } from "./judge_run.ts";

const terms: RunTerms = {
  intervalMs: 1_000,
  takeOverMs: 3_000,
  marginMs: 1_000,
  retentionMs: 60_000,
  originOf: (name) => name === "far" ? 1 : 0,
  isLong: true,
};

const digests = ["d0", "d1", "d2"] as const;
const urlOf = (digest: string) => `http://balancer/${digest}`;

interface Told {
  readonly kind?: PublishingKind;
  readonly name?: string;
  readonly digest?: string;
  readonly resourceVersion?: number;
}

function version(
  at: number,
  { kind = "ExternalArtifact", name = "app", digest = "d0", resourceVersion = at + 1 }: Told = {},
): ObjectVersion {
  return { at, kind, name, resourceVersion, digest, url: urlOf(digest) };
}

/** Both objects of "app" go from document 0 over 1 to 2 while nothing is wrong. */
const sound: RunHistory = {
  changes: [0, 1, 2].map((each) => ({ at: each * 10_000, name: "app", version: each })),
  versions: digests.flatMap((digest, index) =>
    (["ExternalSource", "ExternalArtifact"] as const).map((kind) =>
      version(index * 10_000 + 500, { kind, digest })
    )
  ),
  polls: [],
  pollsDone: 0,
  troubles: [],
  usage: [],
  documents: new Map(digests.map((digest, index) => [digest, { name: "app", version: index }])),
  endedAt: 200_000,
};

const lawsOf = (history: Partial<RunHistory>) =>
  judgeRun({ ...sound, ...history }, terms).map(({ law }) => law);

const polled = (at: number, ...attempts: Attempt[]) => [
  { from: at, until: at + 10, name: "app", url: urlOf("d2"), digest: "d2", attempts },
];
const whole: Attempt = { kind: "whole", digest: "d2" };
const broken: Attempt = { kind: "broken", why: "connection refused" };
const rebuilding: Attempt = { kind: "status", status: 503, hasRetryAfter: true };
const killed = [{ from: 50_000, until: 52_000, what: "kill" }];

Deno.test("judgeRun finds nothing in a sound run", () => {
  assert.deepEqual(judgeRun(sound, terms), []);
});

Deno.test("judgeRun finds an older document, by resourceVersion and not by when it was seen", () => {
  const back = version(30_000, { digest: "d1" });
  const forth = version(31_000, { digest: "d2" });
  assert.deepEqual(lawsOf({ versions: [...sound.versions, back, forth] }), ["order"]);
  const early = version(30_000, { digest: "d1", resourceVersion: 11_000 });
  assert.deepEqual(lawsOf({ versions: [...sound.versions, early] }), []);
});

Deno.test("judgeRun finds an older document in the status of a source too", () => {
  const kind = "ExternalSource";
  const versions = [
    ...sound.versions,
    version(30_000, { kind, digest: "d0" }),
    version(31_000, { kind, digest: "d2" }),
  ];
  assert.deepEqual(lawsOf({ versions }), ["order"]);
});

Deno.test("judgeRun finds a document of another source", () => {
  const documents = new Map([...sound.documents, ["d1", { name: "other", version: 1 }]]);
  assert.deepEqual(lawsOf({ documents }), ["order", "order"]);
});

Deno.test("judgeRun finds an update that was lost, and one that came too late", () => {
  const changes = [...sound.changes, { at: 199_000, name: "app", version: 3 }];
  assert.deepEqual(lawsOf({ changes }), ["lost update", "lost update"]);
  assert.deepEqual(lawsOf({ changes: changes.with(3, { at: 190_000, name: "app", version: 3 }) }), [
    "lost update",
    "lost update",
    "freshness",
  ]);
  const late = sound.versions.map((each) => each.digest === "d2" ? { ...each, at: 25_001 } : each);
  assert.deepEqual(lawsOf({ versions: late }), ["freshness"]);
});

Deno.test("judgeRun counts the time of a document from when its upstream and the API server were back", () => {
  const versions = sound.versions.map((each) =>
    each.digest === "d2" ? { ...each, at: 40_000 } : each
  );
  const away = { from: 24_000, until: 36_000, what: "away" };
  assert.deepEqual(lawsOf({ versions, troubles: [away] }), ["freshness"]);
  assert.deepEqual(lawsOf({ versions, troubles: [{ ...away, keepsFrom: "all" }] }), []);
  assert.deepEqual(lawsOf({ versions, troubles: [{ ...away, keepsFrom: { origin: 0 } }] }), []);
  const other = { ...away, keepsFrom: { origin: 1 } };
  assert.deepEqual(lawsOf({ versions, troubles: [other] }), ["freshness"]);
  const short = { ...away, until: 34_000, keepsFrom: "all" as const };
  assert.deepEqual(lawsOf({ versions, troubles: [short] }), ["freshness"]);
});

Deno.test("judgeRun never allows other bytes or 404", () => {
  const wrong: Attempt = { kind: "whole", digest: "d1" };
  const missing: Attempt = { kind: "status", status: 404, hasRetryAfter: false };
  for (const attempt of [wrong, missing]) {
    assert.deepEqual(lawsOf({ polls: polled(50_500, attempt, whole), troubles: killed }), [
      "serving",
    ]);
  }
});

Deno.test("judgeRun allows a broken connection and 503 only near trouble, and only if a retry has it", () => {
  for (const attempt of [broken, rebuilding]) {
    const polls = polled(50_500, attempt, whole);
    assert.deepEqual(lawsOf({ polls, troubles: killed }), []);
    assert.deepEqual(lawsOf({ polls }), ["serving"]);
    assert.deepEqual(lawsOf({ polls: polled(120_000, attempt, whole), troubles: killed }), [
      "serving",
    ]);
  }
  assert.deepEqual(lawsOf({ polls: polled(50_500, broken, broken), troubles: killed }), [
    "serving",
  ]);
  const bare: Attempt = { kind: "status", status: 503, hasRetryAfter: false };
  assert.deepEqual(lawsOf({ polls: polled(50_500, bare, whole), troubles: killed }), ["serving"]);
});

Deno.test("judgeRun lets a slow answer be, if a retry has it", () => {
  const silent: Attempt = { kind: "silent", afterMs: 5_000 };
  assert.deepEqual(lawsOf({ polls: polled(100_000, silent, whole) }), []);
  assert.deepEqual(lawsOf({ polls: polled(100_000, silent, silent) }), ["serving"]);
});

Deno.test("judgeRun asks for nothing that was replaced longer ago than it is kept", () => {
  const missing: Attempt = { kind: "status", status: 404, hasRetryAfter: false };
  const poll = { ...polled(0, missing)[0]!, url: urlOf("d1"), digest: "d1" };
  assert.deepEqual(lawsOf({ polls: [{ ...poll, until: 80_499 }] }), ["serving"]);
  assert.deepEqual(lawsOf({ polls: [{ ...poll, until: 80_500 }] }), []);
  const wrong: Attempt = { kind: "whole", digest: "d2" };
  assert.deepEqual(lawsOf({ polls: [{ ...poll, until: 80_500, attempts: [wrong] }] }), ["serving"]);
});

Deno.test("judgeRun compares the medians of the first and the last third of a long run", () => {
  const usage = Array.from({ length: 90 }, (_, at) => (
    { at, replica: "manager-0", descriptors: at === 80 ? 9_000 : 40, mebibytes: 150 + at / 10 }
  ));
  assert.deepEqual(lawsOf({ usage }), []);
  const growing = usage.map((each) => ({ ...each, descriptors: each.at }));
  assert.deepEqual(lawsOf({ usage: growing }), ["growth"]);
  assert.deepEqual(judgeRun({ ...sound, usage: growing }, { ...terms, isLong: false }), []);
});

Deno.test("judgeRun passes on what a status breaks", () => {
  const versions = [...sound.versions, { ...version(30_000, { digest: "d2" }), broken: "S3" }];
  assert.deepEqual(lawsOf({ versions }), ["status"]);
});
