import Type, { type TSchema } from "typebox";
import type { Artifact } from "./artifact.ts";
import type { Condition } from "./condition.ts";
import type { ExternalSourceStatus } from "./external_source.ts";

const optional = (fields: Readonly<Record<string, TSchema>>) =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, Type.Optional(field)]));

const time = (description: string) => Type.String({ format: "date-time", description });

const conditionFields = {
  type: Type.String({
    description:
      "What it is about: `Ready`, `Reconciling`, `Stalled`, `Fetching`, `ExecutingHooks` or `Storing`.",
  }),
  status: Type.String({ description: "`True`, `False` or `Unknown`." }),
  reason: Type.String({ description: "Why, in one CamelCase word." }),
  message: Type.String({ description: "Why, for people." }),
  lastTransitionTime: time("When the status last changed."),
  observedGeneration: Type.Integer({
    description: "The `metadata.generation` that the condition was made from.",
  }),
} satisfies Record<keyof Condition, TSchema>;

const artifactFields = {
  url: Type.String({ description: "Where the tar.gz can be downloaded." }),
  path: Type.String({
    description: "Key of the tar.gz in the store, which is also its path on the artifact server.",
  }),
  revision: Type.String({
    description:
      "`latest@sha256:` and the hash of the uncompressed tar. Consumers act when it changes.",
  }),
  digest: Type.String({ description: "`sha256:` and the hash of the tar.gz." }),
  size: Type.Integer({ description: "Size of the tar.gz in bytes." }),
  lastUpdateTime: time("When this artifact was first published."),
  metadata: Type.Record(Type.String(), Type.String(), {
    description: "Further facts about the artifact.",
  }),
} satisfies Record<keyof Artifact, TSchema>;

const statusFields = {
  observedGeneration: Type.Integer({
    description: "The `metadata.generation` that was last acted on.",
  }),
  conditions: Type.Array(
    Type.Object({ ...optional(conditionFields), type: conditionFields.type }, {
      description: "One aspect of the state.",
    }),
    {
      description:
        "The state. `Ready` is always there; `Reconciling` and `Stalled` only while they are True.",
    },
  ),
  artifact: Type.Object(optional(artifactFields), {
    description: "What is published; it stays when later fetches fail.",
  }),
  lastHandledETag: Type.String({ description: "The ETag of the document that is published." }),
  lastHandledReconcileAt: Type.String({
    description:
      "The value of the annotation `reconcile.fluxcd.io/requestedAt` that was last answered.",
  }),
  lastHandledArtifactReconcileAt: Type.String({
    description:
      "The value of the annotation `reconcile.fluxcd.io/requestedAt` of the ExternalArtifact that was last answered.",
  }),
  failures: Type.Integer({
    description:
      "Failed reconciles in a row when this status was written; another one that says the same is no write.",
  }),
  nextAttemptTime: time(
    "When the upstream is asked again, if that is over a minute away because it asked for that or because of failures.",
  ),
  nextAttemptHeld: Type.Boolean({
    description:
      "Whether the upstream asked for the wait until `nextAttemptTime`. If so, asking for a fetch does not shorten it; a change of the spec does.",
  }),
  owner: Type.String({
    description:
      "The replica that wrote this status last, or has taken the source over from one that died.",
  }),
  fingerprint: Type.String({
    description: "Hash of everything that decides what the document becomes.",
  }),
} satisfies Record<keyof ExternalSourceStatus, TSchema>;

/**
 * `status` of an ExternalSource. Nothing in it is required, because objects of the Go implementation lack most, but the
 * `type` of a condition, by which Kubernetes merges the list.
 */
export const statusSchema: TSchema = Type.Object(optional(statusFields), {
  description: "What the operator observed and published.",
});
