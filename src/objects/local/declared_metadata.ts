import type { NamespacedName } from "../../core/source_key.ts";
import { type Checked, type Manifest, type ManifestProblem, problemAt } from "./manifest.ts";

/** The metadata that a file may give an object. */
export interface DeclaredMetadata extends NamespacedName {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
}

const defaultNamespace = "default";
// RFC 1123: what the API server allows, and what keys of artifacts are made of.
const labelPattern = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const subdomainPattern =
  /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** `metadata` of a manifest, as the API server would take it; the namespace is `default` if there is none. */
export function declaredMetadata(manifest: Manifest): Checked<DeclaredMetadata> {
  const { metadata } = manifest.object;
  if (metadata !== undefined && !isRecord(metadata)) {
    return { value: undefined, problems: [problemAt(manifest, ["metadata"], "must be an object")] };
  }
  const { name, namespace = defaultNamespace, labels, annotations, finalizers } = metadata ?? {};
  const problems = [
    ...nameProblems(manifest, name),
    ...namespaceProblems(manifest, namespace),
    ...textProblems(manifest, "labels", labels),
    ...textProblems(manifest, "annotations", annotations),
    ...finalizerProblems(manifest, finalizers),
  ];
  if (problems.length > 0) return { value: undefined, problems };
  const value = {
    name,
    namespace,
    ...(isRecord(labels) && { labels }),
    ...(isRecord(annotations) && { annotations }),
    ...(Array.isArray(finalizers) && { finalizers }),
  };
  return { value: value as DeclaredMetadata, problems: [] };
}

function nameProblems(manifest: Manifest, name: unknown): ManifestProblem[] {
  const path = ["metadata", "name"];
  if (name === undefined) return [problemAt(manifest, path, "is required")];
  return typeof name === "string" && subdomainPattern.test(name) ? [] : [problemAt(
    manifest,
    path,
    'must be at most 253 lower-case letters, digits, "-" and ".", and begin and end with a letter or digit',
  )];
}

function namespaceProblems(manifest: Manifest, namespace: unknown): ManifestProblem[] {
  return typeof namespace === "string" && labelPattern.test(namespace) ? [] : [problemAt(
    manifest,
    ["metadata", "namespace"],
    'must be at most 63 lower-case letters, digits and "-", and begin and end with a letter or digit',
  )];
}

function textProblems(manifest: Manifest, field: string, value: unknown): ManifestProblem[] {
  if (value === undefined || value === null) return [];
  const path = ["metadata", field];
  if (!isRecord(value)) return [problemAt(manifest, path, "must be an object")];
  return Object.entries(value)
    .filter(([, text]) => typeof text !== "string")
    .map(([key]) => problemAt(manifest, [...path, key], "must be a string: put it in quotes"));
}

function finalizerProblems(manifest: Manifest, value: unknown): ManifestProblem[] {
  if (value === undefined || value === null) return [];
  const legal = Array.isArray(value) && value.every((each) => typeof each === "string");
  return legal
    ? []
    : [problemAt(manifest, ["metadata", "finalizers"], "must be a list of strings")];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
