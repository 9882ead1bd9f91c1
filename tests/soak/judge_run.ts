import type { Attempt, ObjectVersion, Poll, RunHistory, Trouble } from "./history.ts";

/** What a run promises, in milliseconds. */
export interface RunTerms {
  /** Of each source. */
  readonly intervalMs: number;
  /** From the end of a replica until another one has its sources: lease and takeover delay. */
  readonly takeOverMs: number;
  /** What the machine may need beside that, stated with the run. */
  readonly marginMs: number;
  /** How long what was replaced is still served: `--artifact-retention-ttl`. */
  readonly retentionMs: number;
  /** Which upstream a source is fetched from. */
  readonly originOf: (name: string) => number;
  /** Whether memory and descriptors are judged: a short run says nothing about them. */
  readonly isLong: boolean;
}

/** A law that was broken, by whom and how. */
export interface Violation {
  readonly law: "order" | "lost update" | "serving" | "freshness" | "growth" | "status";
  readonly at: number;
  readonly detail: string;
}

/** DESIGN §8: what is named and nowhere may be answered by 503 for so long after a replica became ready or an owner ended. */
const rebuildMs = 30_000;
/** What a replica may hold more in the last third of a run than in the first, by medians. */
const growthLimits = { descriptors: 24, mebibytes: 48 } as const;

/** Everything in a recording that breaks a law. Pure: the same recording is always judged the same. */
export function judgeRun(history: RunHistory, terms: RunTerms): Violation[] {
  return [
    ...judgeOrder(history),
    ...judgeEnd(history),
    ...history.polls.flatMap((poll) => judgePoll(poll, history, terms)),
    ...judgeFreshness(history, terms),
    ...terms.isLong ? judgeGrowth(history) : [],
    ...history.versions.flatMap(({ at, kind, name, broken }): Violation[] =>
      broken === undefined ? [] : [{ law: "status", at, detail: `${kind} ${name}: ${broken}` }]
    ),
  ];
}

function versionsBySource({ versions }: RunHistory): Map<string, ObjectVersion[]> {
  const groups = Map.groupBy(versions, ({ kind, name }) => `${kind} ${name}`);
  for (const group of groups.values()) {
    group.sort((a, b) => a.resourceVersion - b.resourceVersion);
  }
  return groups;
}

/** What an object publishes never becomes an older document, or another source's. */
function judgeOrder(history: RunHistory): Violation[] {
  const found: Violation[] = [];
  for (const [source, versions] of versionsBySource(history)) {
    let newest = -1;
    for (const { at, name, resourceVersion, digest } of versions) {
      const document = digest === undefined ? undefined : history.documents.get(digest);
      if (!document) continue;
      const where = `${source} at resourceVersion ${resourceVersion}`;
      if (document.name !== name) {
        found.push({ law: "order", at, detail: `${where} publishes "${document.name}"` });
      } else if (document.version < newest) {
        const detail = `${where} goes back from document ${newest} to ${document.version}`;
        found.push({ law: "order", at, detail });
      }
      newest = Math.max(newest, document.version);
    }
  }
  return found;
}

/** At the end both objects of every source publish the newest document. */
function judgeEnd(history: RunHistory): Violation[] {
  const newest = new Map(history.changes.map(({ name, version }) => [name, version]));
  const groups = versionsBySource(history);
  const kinds = ["ExternalSource", "ExternalArtifact"] as const;
  return [...newest].flatMap(([name, version]) =>
    kinds.flatMap((kind): Violation[] => {
      const digest = groups.get(`${kind} ${name}`)?.at(-1)?.digest;
      const published = digest === undefined ? undefined : history.documents.get(digest)?.version;
      if (published === version) return [];
      const detail = `${kind} ${name} ends with document ${published ?? digest} of ${version}`;
      return [{ law: "lost update", at: history.endedAt, detail }];
    })
  );
}

function judgePoll(poll: Poll, history: RunHistory, terms: RunTerms): Violation[] {
  const { from, until, name, attempts } = poll;
  const isTroubled = history.troubles.some((trouble) =>
    until >= trouble.from && from <= trouble.until + rebuildMs + terms.takeOverMs + terms.marginMs
  );
  const faults = attempts.flatMap((attempt) => faultOf(attempt, poll.digest, isTroubled) ?? []);
  const isServed = attempts.at(-1)?.kind === "whole";
  if (!isServed && !attempts.some(isRebuilding)) faults.push("no retry had it");
  if (faults.length === 0 || isReplaced(poll, history, terms)) return [];
  const seen = attempts.map(attemptText).join(", ");
  return [{
    law: "serving",
    at: from,
    detail: `${name} ${poll.url}: ${faults.join("; ")} (${seen})`,
  }];
}

/** Why an answer is none that §8 allows. */
function faultOf(attempt: Attempt, digest: string, isTroubled: boolean): string | undefined {
  switch (attempt.kind) {
    case "whole":
      return attempt.digest === digest ? undefined : `other bytes than ${digest}`;
    case "broken":
      return isTroubled ? undefined : "refused or broken while every replica was well";
    case "silent":
      return undefined; // slow is no wrong; a retry has to have it
    case "status":
      if (!isRebuilding(attempt)) return `status ${attempt.status}`;
      return isTroubled ? undefined : "503 while every replica was well";
  }
}

const isRebuilding = (attempt: Attempt) =>
  attempt.kind === "status" && attempt.status === 503 && attempt.hasRetryAfter;

/** Whether something else had been published for so long that the bytes may be gone. Wrong bytes are never excused. */
function isReplaced(poll: Poll, { versions }: RunHistory, { retentionMs }: RunTerms): boolean {
  const isWrong = poll.attempts.some((each) =>
    each.kind === "whole" && each.digest !== poll.digest
  );
  const own = versions.filter(({ kind, name }) =>
    kind === "ExternalArtifact" && name === poll.name
  );
  const last = own.findLastIndex(({ digest }) => digest === poll.digest);
  const next = own[last + 1];
  return !isWrong && next !== undefined && next.at + retentionMs <= poll.until;
}

function attemptText(attempt: Attempt): string {
  switch (attempt.kind) {
    case "whole":
      return attempt.digest;
    case "broken":
      return attempt.why;
    case "silent":
      return `silent for ${attempt.afterMs} ms`;
    case "status":
      return `${attempt.status}${attempt.hasRetryAfter ? " with Retry-After" : ""}`;
  }
}

/** A document is published within an interval, a take-over and the margin, counted from when nothing kept it from that. */
function judgeFreshness(history: RunHistory, terms: RunTerms): Violation[] {
  const groups = versionsBySource(history);
  const allowedMs = terms.intervalMs + terms.takeOverMs + terms.marginMs;
  return history.changes.flatMap(({ at, name, version }): Violation[] => {
    const published = groups.get(`ExternalArtifact ${name}`) ?? [];
    const publishedAt = published.find(({ digest }) =>
      digest !== undefined && (history.documents.get(digest)?.version ?? -1) >= version
    )?.at;
    const hindered = history.troubles.filter((each) => keeps(each, terms.originOf(name)));
    const due = dueAt(at, allowedMs, hindered);
    if ((publishedAt ?? history.endedAt) <= due) return [];
    const lateMs = Math.round((publishedAt ?? history.endedAt) - at);
    const state = publishedAt === undefined ? "is not published after" : "was published after";
    return [{ law: "freshness", at, detail: `${name} document ${version} ${state} ${lateMs} ms` }];
  });
}

const keeps = ({ keepsFrom }: Trouble, origin: number) =>
  keepsFrom === "all" || keepsFrom?.origin === origin;

/** What is on its way when something keeps it from coming through has the whole time again after that. */
function dueAt(at: number, allowedMs: number, hindered: readonly Trouble[]): number {
  let due = at + allowedMs;
  for (const { from, until } of hindered.toSorted((a, b) => a.from - b.from)) {
    if (from <= due && until >= at) due = Math.max(due, until + allowedMs);
  }
  return due;
}

function medianOf(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

function judgeGrowth({ usage, endedAt }: RunHistory): Violation[] {
  const found: Violation[] = [];
  for (const [replica, samples] of Map.groupBy(usage, (sample) => sample.replica)) {
    const third = (samples.at(-1)!.at - samples[0]!.at) / 3;
    const early = samples.filter(({ at }) => at <= samples[0]!.at + third);
    const late = samples.filter(({ at }) => at >= samples.at(-1)!.at - third);
    for (const figure of ["descriptors", "mebibytes"] as const) {
      const [first, last] = [early, late].map((each) => medianOf(each.map((one) => one[figure])));
      if (last! - first! <= growthLimits[figure]) continue;
      const detail = `${figure} of ${replica} grew from ${first} to ${last}`;
      found.push({ law: "growth", at: endedAt, detail });
    }
  }
  return found;
}
