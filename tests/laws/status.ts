import assert from "node:assert/strict";
import type { Artifact } from "../../src/core/artifact.ts";
import { parseArtifactKey } from "../../src/core/artifact_key.ts";
import { type Condition, findCondition, maxConditionMessage } from "../../src/core/condition.ts";
import type { ExternalArtifactStatus } from "../../src/core/external_artifact.ts";
import type { ExternalSourceStatus } from "../../src/core/external_source.ts";
import { hexOf } from "../../src/core/revision.ts";
import type { NamespacedName } from "../../src/core/source_key.ts";

/** What a status is checked against, beside itself. */
export interface StatusContext {
  /** Whose status it is; the artifact must be its own. */
  readonly object?: NamespacedName;
  /** `metadata.generation`: nothing may claim to have observed more. */
  readonly generation?: number;
  /** Secrets that the test planted. Any text with "canary" in it is refused without being named here. */
  readonly canaries?: readonly string[];
}

/** A law and what of a value breaks it: a detail, `true` for no detail, or `undefined`/`false` where it is kept. */
type Finding = readonly [law: string, broken: string | boolean | undefined];

const rfc3339Seconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
/** The patterns of `metav1.Condition` (apimachinery/pkg/apis/meta/v1/types.go), reasons narrowed to CamelCase. */
const reasonPattern = /^[A-Z][A-Za-z0-9]*$/;
const typePattern =
  /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$/;
const abnormal = ["Reconciling", "Stalled"];
/** User info or a query in a URL: where credentials stand (CVE-2024-31216). */
const urlWithCredentials = /:\/\/[^\s"'/]*@|:\/\/[^\s"']*\?/;

/**
 * Fails unless a status of an ExternalSource obeys the laws, naming each that it breaks:
 *
 * - S1 Ready is present once `observedGeneration` is set.
 * - S2 Reconciling and Stalled are present only when True, S3 never both.
 * - S4 Ready=True implies an artifact and neither Stalled nor Reconciling.
 * - S5 no `observedGeneration` exceeds the one above it: condition, status, `metadata.generation`.
 * - S6 `nextAttemptTime` is RFC 3339 in seconds, and there if `nextAttemptHeld` is. S7 `failures` is a whole number, not negative.
 * - S8 no secret: no canary anywhere, no URL with user info or query in a message or artifact.
 * - C1–C6 of each condition, A1–A7 of the artifact: see below.
 */
export function checkStatus(status: ExternalSourceStatus, context: StatusContext = {}): void {
  const conditions = status.conditions ?? [];
  const { observedGeneration, nextAttemptTime, nextAttemptHeld, failures } = status;
  const observed = observedGeneration !== undefined;
  expectNone([
    ["S1 Ready is present", observed && findCondition(conditions, "Ready") === undefined],
    ["S5 observedGeneration", exceeds(observedGeneration, context.generation)],
    ["S6 nextAttemptTime", nextAttemptTime !== undefined && !isTime(nextAttemptTime)],
    ["S6 nextAttemptHeld", nextAttemptHeld !== undefined && nextAttemptTime === undefined],
    ["S7 failures", failures !== undefined && !isCount(failures)],
    ...sharedFindings(status, context),
    ...conditions.map((condition): Finding => [
      `S5 observedGeneration of ${condition.type}`,
      observed && exceeds(condition.observedGeneration, observedGeneration),
    ]),
  ], status);
}

/** Fails unless a status of an ExternalArtifact obeys the laws S2–S5, S8, C1–C6 and A1–A7 of {@linkcode checkStatus}. */
export function checkArtifactStatus(
  status: ExternalArtifactStatus,
  context: StatusContext = {},
): void {
  expectNone([
    ...sharedFindings(status, context),
    ...(status.conditions ?? []).map((condition): Finding => [
      `S5 observedGeneration of ${condition.type}`,
      exceeds(condition.observedGeneration, context.generation),
    ]),
  ], status);
}

function sharedFindings(status: ExternalArtifactStatus, context: StatusContext): Finding[] {
  const { conditions = [], artifact } = status;
  const present = abnormal.filter((type) => findCondition(conditions, type));
  const notTrue = present.filter((type) => findCondition(conditions, type)?.status !== "True");
  const ready = findCondition(conditions, "Ready")?.status === "True";
  const messages = conditions.map(({ message }) => message);
  const text = JSON.stringify(status);
  return [
    ["S2 present only when True", notTrue.join()],
    ["S3 never Reconciling and Stalled", present.length > 1],
    ["S4 Ready=True implies an artifact", ready && artifact === undefined],
    ["S4 Ready=True excludes", ready && present.join()],
    ["S8 a planted secret", (context.canaries ?? []).some((each) => text.includes(each))],
    ["S8 a canary", /canary/i.test(text)],
    ["S8 a URL with user info or query", [...messages, artifact?.url].some(hasCredentials)],
    ...conditionFindings(conditions),
    ...(artifact === undefined ? [] : artifactFindings(artifact, context.object)),
  ];
}

/** C1 no type twice; C2 type, C3 status and C4 reason as metav1 wants them; C5 message 1 to 32,768 characters; C6 time. */
function conditionFindings(conditions: readonly Condition[]): Finding[] {
  const types = conditions.map(({ type }) => type);
  return [
    ["C1 type twice", types.find((type, index) => types.indexOf(type) !== index)],
    ...conditions.flatMap((condition): Finding[] => {
      const { type, status, reason, message, lastTransitionTime } = condition;
      const length = [...message].length;
      return [
        ["C2 type", !(typePattern.test(type) && type.length <= 316) && quote(type)],
        [`C3 status of ${type}`, !["True", "False", "Unknown"].includes(status) && quote(status)],
        [
          `C4 reason of ${type}`,
          !(reasonPattern.test(reason) && reason.length <= 1_024) && quote(reason),
        ],
        [
          `C5 message of ${type}`,
          (message.trim() === "" || length > maxConditionMessage) && `${length} characters`,
        ],
        [
          `C6 lastTransitionTime of ${type}`,
          !isTime(lastTransitionTime) && quote(lastTransitionTime),
        ],
      ];
    }),
  ];
}

/**
 * A1 digest `sha256:{hex}`; A2 revision `latest@sha256:{hex}`; A3 the path is a key of ours with the hex of the digest, A4 of
 * this object; A5 the URL ends in the path; A6 size over 0; A7 time.
 */
function artifactFindings(artifact: Artifact, object: NamespacedName | undefined): Finding[] {
  const { url, path, revision, digest, size, lastUpdateTime } = artifact;
  const key = parseArtifactKey(path);
  const foreign = key !== undefined && object !== undefined &&
    (key.namespace !== object.namespace || key.name !== object.name);
  return [
    ["A1 digest", hexOf(digest) === undefined && quote(digest)],
    ["A2 revision", !/^latest@sha256:[0-9a-f]{64}$/.test(revision) && quote(revision)],
    ["A3 path", (key === undefined || key.hex !== hexOf(digest)) && quote(path)],
    ["A4 path of another object", foreign && quote(path)],
    ["A5 url ends in the path", !(url.endsWith(`/${path}`) && URL.canParse(url)) && quote(url)],
    ["A6 size", !(isCount(size) && size > 0) && `${size}`],
    ["A7 lastUpdateTime", !isTime(lastUpdateTime) && quote(lastUpdateTime)],
  ];
}

function expectNone(findings: readonly Finding[], status: unknown): void {
  const broken = findings
    .filter(([, detail]) => detail !== undefined && detail !== false && detail !== "")
    .map(([law, detail]) => detail === true ? law : `${law}: ${detail}`);
  if (broken.length > 0) {
    assert.fail(`${broken.join("\n")}\nin ${JSON.stringify(status, undefined, 2)}`);
  }
}

const quote = (text: string) => JSON.stringify(text);
const isCount = (value: number) => Number.isSafeInteger(value) && value >= 0;
const isTime = (text: string) => rfc3339Seconds.test(text) && !Number.isNaN(Date.parse(text));
const hasCredentials = (text: string | undefined) =>
  text !== undefined && urlWithCredentials.test(text);

function exceeds(value: number | undefined, bound: number | undefined): string | undefined {
  return value !== undefined && bound !== undefined && value > bound
    ? `${value} > ${bound}`
    : undefined;
}
