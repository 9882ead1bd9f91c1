import { externalSourceApiVersion, externalSourceKind } from "../../core/api_names.ts";
import { type DeclaredMetadata, declaredMetadata } from "./declared_metadata.ts";
import { type Checked, type Manifest, problemAt } from "./manifest.ts";

/** An ExternalSource as a file has it: what a person writes, without what an API server adds. */
export interface DeclaredSource {
  readonly metadata: DeclaredMetadata;
  /** Unchecked: a wrong spec is that object's own failure. */
  readonly spec: unknown;
}

/** Whether a manifest is meant to be an ExternalSource, however its kind is written. */
export function isSourceManifest({ kind }: Manifest): boolean {
  return kind.toLowerCase() === externalSourceKind.toLowerCase();
}

/** The ExternalSource of a manifest that {@linkcode isSourceManifest}. */
export function declaredSource(manifest: Manifest): Checked<DeclaredSource> {
  const { kind, object: { apiVersion, spec } } = manifest;
  const metadata = declaredMetadata(manifest);
  const problems = [
    ...(apiVersion === externalSourceApiVersion
      ? []
      : [problemAt(manifest, ["apiVersion"], mustBe(externalSourceApiVersion, apiVersion))]),
    ...(kind === externalSourceKind
      ? []
      : [problemAt(manifest, ["kind"], mustBe(externalSourceKind, kind))]),
    ...metadata.problems,
  ];
  return metadata.value === undefined || problems.length > 0
    ? { value: undefined, problems }
    : { value: { metadata: metadata.value, spec }, problems: [] };
}

function mustBe(wanted: string, given: unknown): string {
  const state = typeof given === "string"
    ? `is ${JSON.stringify(given.slice(0, 64))}`
    : "is missing";
  return `must be ${JSON.stringify(wanted)}, ${state}`;
}
