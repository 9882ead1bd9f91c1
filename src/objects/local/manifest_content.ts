import type { Problem } from "../../core/problems.ts";
import { formatProblem } from "../../core/format_problem.ts";
import { type SourceKey, sourceKey } from "../../core/source_key.ts";
import { type DeclaredSecret, declaredSecret, isSecretManifest } from "./declared_secret.ts";
import { type DeclaredSource, declaredSource, isSourceManifest } from "./declared_source.ts";
import type { Checked, Manifest, ManifestProblem } from "./manifest.ts";
import { parseManifests } from "./parse_manifests.ts";

/** Everything that is wrong with a `spec`; paths begin within it. */
export type CheckSpec = (spec: unknown) => readonly Problem[];

/** An object of ours in a file. */
export type DeclaredObject =
  & { readonly key: SourceKey; readonly manifest: Manifest }
  & (
    | { readonly kind: "ExternalSource"; readonly value: DeclaredSource }
    | { readonly kind: "Secret"; readonly value: DeclaredSecret }
  );

/** What a text means to us. */
export interface ManifestContent {
  readonly objects: readonly DeclaredObject[];
  /** Objects of kinds that are none of ours: their kind and name, for messages. */
  readonly others: readonly string[];
  /** Something is missing from `objects` that the text was meant to hold. */
  readonly incomplete: boolean;
  /** Those, and specs that do not obey the schema (which are among the objects nevertheless). */
  readonly problems: readonly ManifestProblem[];
}

/** The ExternalSources and Secrets of a YAML text. */
export function manifestContent(text: string, checkSpec: CheckSpec): ManifestContent {
  const parsed = parseManifests(text);
  if (parsed.problems.length > 0) {
    return { objects: [], others: [], incomplete: true, problems: parsed.problems };
  }
  const checked = parsed.manifests.map(declare);
  const objects = checked.flatMap(({ value }) => value === undefined ? [] : [value]);
  const ours = checked.filter(({ value, problems }) => value || problems.length > 0);
  // A document without a kind in a file of ours is one that is being written; other files are none of our business.
  const kindless = ours.length > 0 ? parsed.kindless : [];
  const unusable = [...checked.flatMap(({ problems }) => problems), ...kindless];
  return {
    objects,
    others: parsed.manifests.filter((each) => !isOurs(each)).map(nameOf),
    incomplete: unusable.length > 0,
    problems: [...unusable, ...objects.flatMap((object) => specProblems(object, checkSpec))]
      .sort((a, b) => (a.line ?? 0) - (b.line ?? 0)),
  };
}

function isOurs(manifest: Manifest): boolean {
  return isSourceManifest(manifest) || isSecretManifest(manifest);
}

function declare(manifest: Manifest): Checked<DeclaredObject | undefined> {
  if (isSourceManifest(manifest)) {
    const { value, problems } = declaredSource(manifest);
    return value === undefined ? { value, problems } : {
      value: { kind: "ExternalSource", key: sourceKey(value.metadata), value, manifest },
      problems: [],
    };
  }
  if (isSecretManifest(manifest)) {
    const { value, problems } = declaredSecret(manifest);
    return value === undefined ? { value, problems } : {
      value: { kind: "Secret", key: sourceKey(value.metadata), value, manifest },
      problems: [],
    };
  }
  return { value: undefined, problems: [] };
}

function specProblems(object: DeclaredObject, checkSpec: CheckSpec): ManifestProblem[] {
  if (object.kind !== "ExternalSource") return [];
  return checkSpec(object.value.spec).map((problem) => ({
    line: object.manifest.lineOf(["spec", ...problem.path]),
    message: formatProblem(problem, "spec"),
  }));
}

function nameOf({ kind, object }: Manifest): string {
  const metadata = object["metadata"] as { readonly name?: unknown } | null | undefined;
  return typeof metadata?.name === "string" ? `${kind} ${JSON.stringify(metadata.name)}` : kind;
}
