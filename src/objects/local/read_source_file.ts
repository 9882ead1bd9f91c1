import { externalSourceKind } from "../../core/api_names.ts";
import type { Clock } from "../../core/clock.ts";
import type { ExternalSource } from "../../core/external_source.ts";
import type { Secret } from "../../core/secret.ts";
import type { SourceKey } from "../../core/source_key.ts";
import type { DeclaredSecret } from "./declared_secret.ts";
import type { FileProblem } from "./file_problem.ts";
import { type CheckSpec, type DeclaredObject, manifestContent } from "./manifest_content.ts";
import { ManifestError } from "./manifest_error.ts";
import { newMetadata } from "./new_metadata.ts";
import { readManifestStream, readManifestText } from "./read_manifest_text.ts";

/** The one ExternalSource of a file, and the Secrets that stand beside it. */
export interface SourceFile {
  readonly source: ExternalSource;
  readonly secrets: ReadonlyMap<SourceKey, Secret>;
  /** `file:line` of a field of the source, such as `["spec", "generator"]`. */
  locationOf(path: readonly string[]): string;
}

/** How {@linkcode readSourceFile} reads. */
export interface SourceFileOptions {
  readonly checkSpec: CheckSpec;
  readonly clock: Clock;
  /** What is in the file, if that is a stream that is open already: standard input. */
  readonly stream?: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
}

type SourceObject = Extract<DeclaredObject, { readonly kind: "ExternalSource" }>;

/**
 * Reads a file that holds one ExternalSource.
 *
 * @throws {ManifestError} with every problem at once: no such file, not YAML, no or several ExternalSources, a spec that does
 *   not obey the schema …
 */
export async function readSourceFile(
  file: string,
  { checkSpec, clock, stream }: SourceFileOptions,
): Promise<SourceFile> {
  const { text, refusal } = stream === undefined
    ? await readManifestText(file, { mayBePipe: true })
    : await readManifestStream(stream);
  if (text === undefined) throw new ManifestError([whole(file, `cannot be read: ${refusal}`)]);
  if (text.trim() === "") throw new ManifestError([whole(file, "is empty")]);
  const content = manifestContent(text, checkSpec);
  if (content.problems.length > 0) {
    throw new ManifestError(content.problems.map((problem) => ({ file, ...problem })));
  }
  const sources = content.objects.filter((each) => each.kind === "ExternalSource");
  const [only] = sources;
  if (only === undefined) throw new ManifestError([none(file, content)]);
  if (sources.length > 1) throw new ManifestError([several(file, sources)]);
  const added = { kind: externalSourceKind, resourceVersion: "1", createdAt: clock.now() };
  const { metadata, spec } = only.value;
  return {
    source: { metadata: newMetadata(metadata, added), spec, status: {} },
    secrets: secretsIn(content.objects),
    locationOf: (path) => `${file}:${only.manifest.lineOf(path)}`,
  };
}

function secretsIn(objects: readonly DeclaredObject[]): Map<SourceKey, Secret> {
  const secrets = objects.filter((each) => each.kind === "Secret");
  return new Map(secrets.map(({ key, value }) => [key, toSecret(value, "1")]));
}

/** A Secret as the port gives it. */
function toSecret({ metadata, data }: DeclaredSecret, resourceVersion: string): Secret {
  return { name: metadata.name, resourceVersion, data };
}

function whole(file: string, message: string): FileProblem {
  return { file, line: undefined, message };
}

function none(
  file: string,
  { objects, others }: ReturnType<typeof manifestContent>,
): FileProblem {
  const secrets = objects.map(({ value }) => `Secret ${JSON.stringify(value.metadata.name)}`);
  const found = [...others, ...secrets];
  const held = found.length > 0 ? `, only ${found.slice(0, 5).join(", ")}` : "";
  return whole(file, `holds no ExternalSource${held}${found.length > 5 ? " …" : ""}`);
}

function several(file: string, sources: readonly SourceObject[]): FileProblem {
  const names = sources.map(({ key, manifest }) => `"${key}" (line ${manifest.lineOf([])})`);
  return whole(
    file,
    `holds ${sources.length} ExternalSources, ${names.join(", ")}: give a file with one`,
  );
}
