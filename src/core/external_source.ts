import Type, { type Static, type TSchema } from "typebox";
import type { Artifact } from "./artifact.ts";
import type { Condition } from "./condition.ts";
import { intervalPattern } from "./duration.ts";
import type { ObjectMeta } from "./object_meta.ts";

const hookSchema = Type.Object({
  name: Type.String({ description: "Name of the hook, used in conditions, logs and metrics." }),
  command: Type.String({
    description:
      "Bare name of a command that the operator's whitelist allows, for example `jq`. A name with a slash is refused.",
  }),
  args: Type.Optional(
    Type.Array(Type.String(), { description: "Arguments of the command; no shell sees them." }),
  ),
  timeout: Type.Optional(Type.String({
    description:
      "How long one run may take, as a Go duration. The default is the operator's HOOK_DEFAULT_TIMEOUT (30s).",
  })),
  retryPolicy: Type.Optional(Type.Union(
    [Type.Literal("ignore"), Type.Literal("retry"), Type.Literal("fail")],
    {
      default: "fail",
      description:
        "What a failed run means. `fail`: the reconcile fails. `retry`: it is repeated after 1, 2, 3 … s while maxRetries lasts. `ignore`: the input is passed on unchanged.",
    },
  )),
  env: Type.Optional(Type.Array(
    Type.Object({
      name: Type.String({ description: "Name of the variable; the whitelist must permit it." }),
      value: Type.String({ description: "Value of the variable." }),
    }),
    { description: "Environment variables of the command, beside which it has none." },
  )),
}, { description: "A command that transforms what it gets on its standard input." });

const hooksSchema = Type.Object({
  preRequest: Type.Optional(Type.Array(hookSchema, {
    description:
      "Run in order before the request; they get it as JSON and may replace its URL, method and headers.",
  })),
  postRequest: Type.Optional(Type.Array(hookSchema, {
    description: "Run in order on the document; the output of each is the input of the next.",
  })),
}, { description: "Commands that change the request or the document." });

/** The fields of `spec` that do not depend on the generators. */
const specFields = {
  interval: Type.String({
    pattern: intervalPattern,
    description:
      "How often the source is fetched, as a Go duration such as `5m` or `1h30m`. Below the operator's --min-interval (1m) the minimum is used.",
  }),
  suspend: Type.Optional(Type.Boolean({
    description:
      "Stops fetching. What is published stays published and served, and Ready stays as it was.",
  })),
  destinationPath: Type.Optional(Type.String({
    description:
      "Path of the document in the artifact; default `data`. With a trailing slash it names a directory and the file keeps the name it has in the URL.",
  })),
  maxRetries: Type.Optional(Type.Integer({
    default: 3,
    description:
      "How often hook runs of policy `retry` and an idempotent request that broke before its answer are repeated within one reconcile.",
  })),
  hooks: Type.Optional(hooksSchema),
  transform: Type.Optional(Type.Object({
    type: Type.Optional(
      Type.Union([Type.Literal("cel")], { description: "Language of the expression." }),
    ),
    expression: Type.Optional(Type.String({ description: "The expression." })),
  }, {
    description:
      "Deprecated and without effect: use `hooks`. Kept because the Go implementation's chart declared it.",
  })),
};

/** The spec as every room sees it; `generator` is checked further by the generator that its type names. */
export const specSchema = Type.Object({
  ...specFields,
  generator: Type.Intersect([
    Type.Object({ type: Type.String() }),
    Type.Record(Type.String(), Type.Unknown()),
  ]),
});

/** A valid `spec`. */
export type ExternalSourceSpec = Static<typeof specSchema>;

/** One entry of `spec.hooks`. */
export type HookSpec = Static<typeof hookSchema>;

/**
 * The whole schema of `spec`, for validation and for the CRD.
 *
 * @param generators the schema of each generator's own settings, by the `type` that users write
 */
export function describeSpec(generators: Readonly<Record<string, TSchema>>) {
  const types = Object.keys(generators).map((type) => Type.Literal(type));
  const settings = Object.fromEntries(
    Object.entries(generators).map(([type, schema]) => [type, Type.Optional(schema)]),
  );
  return Type.Object({
    ...specFields,
    generator: Type.Object({
      type: Type.Union(types, {
        description:
          "Which generator fetches the document; its settings stand in the field of that name.",
      }),
      ...settings,
    }, {
      description: "Where the document comes from.",
      discriminator: { propertyName: "type" },
    }),
  }, { description: "What to fetch, how often, and what to make of it." });
}

/** `status` of an ExternalSource. No field is required: objects of the Go implementation lack most. */
export interface ExternalSourceStatus {
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
  /** What is published; kept when later reconciles fail. */
  readonly artifact?: Artifact;
  readonly lastHandledETag?: string;
  /** The `reconcile.fluxcd.io/requestedAt` of this object that was last answered. */
  readonly lastHandledReconcileAt?: string;
  /** The `reconcile.fluxcd.io/requestedAt` of the ExternalArtifact that was last answered. */
  readonly lastHandledArtifactReconcileAt?: string;
  /** Failed reconciles in a row when this was written; another one that says the same is no write. */
  readonly failures?: number;
  /** RFC 3339; set while a wait of over a minute lasts, so that a restart honours it. */
  readonly nextAttemptTime?: string;
  /** Whether the upstream asked for that wait, so that a trigger does not shorten it; absent: it did not. */
  readonly nextAttemptHeld?: boolean;
  /** The member that owns this source. */
  readonly owner?: string;
  /** Hash of everything that decides what the document becomes (DESIGN §4, step 2). */
  readonly fingerprint?: string;
}

/**
 * An ExternalSource as an adapter of `objects/` hands it over. Only `metadata` is certain: `spec` may have been stored
 * under an older CRD, so it is checked by the reconcile of that one object and never stops the others.
 */
export interface ExternalSource {
  readonly metadata: ObjectMeta;
  readonly spec: unknown;
  readonly status: ExternalSourceStatus;
}
