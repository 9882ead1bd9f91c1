import {
  externalArtifactApiVersion,
  externalArtifactKind,
  externalSourceApiVersion,
  externalSourceKind,
} from "../../core/api_names.ts";
import type { ExternalArtifact } from "../../core/external_artifact.ts";
import type { ExternalSource } from "../../core/external_source.ts";
import type { NamespacedName } from "../../core/source_key.ts";
import type { WatchedKind } from "../objects.ts";
import { decodeArtifactObject, decodeSource } from "./decode_object.ts";
import type { WatchedObject } from "./watched_object.ts";

/** A kind as the API server addresses it. */
export interface Resource<T extends WatchedObject> {
  readonly kind: WatchedKind;
  readonly apiVersion: string;
  readonly plural: string;
  /** @throws {TypeError} if the metadata names no object */
  decode(value: unknown): T;
}

/** ExternalSources. */
export const sourceResource: Resource<ExternalSource> = {
  kind: externalSourceKind,
  apiVersion: externalSourceApiVersion,
  plural: "externalsources",
  decode: decodeSource,
};

/** Flux's ExternalArtifacts. */
export const artifactResource: Resource<ExternalArtifact> = {
  kind: externalArtifactKind,
  apiVersion: externalArtifactApiVersion,
  plural: "externalartifacts",
  decode: decodeArtifactObject,
};

type Addressed = Pick<Resource<WatchedObject>, "apiVersion" | "plural">;

/** `/apis/{group}/{version}[/namespaces/{namespace}]/{plural}`: all objects of a kind. */
export function listPath({ apiVersion, plural }: Addressed, namespace?: string): string {
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${scope}/${plural}`;
}

/** The path of one object. */
export function objectPath(addressed: Addressed, { namespace, name }: NamespacedName): string {
  return `${listPath(addressed, namespace)}/${encodeURIComponent(name)}`;
}
