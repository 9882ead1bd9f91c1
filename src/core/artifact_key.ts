import type { NamespacedName } from "./source_key.ts";

const prefix = "artifacts/";
const suffix = ".tar.gz";
// RFC 1123 subdomains: what Kubernetes allows as a namespace and as the name of a custom resource.
const keyPattern =
  /^artifacts\/([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)\/([a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?)\/([0-9a-f]{64})\.tar\.gz$/;

/** The parts of an artifact key. */
export interface ArtifactKeyParts extends NamespacedName {
  /** 64 hex digits: the SHA-256 of the tar.gz (of the document, for a file of the Go implementation). */
  readonly hex: string;
}

/** `artifacts/{namespace}/{name}/{hex}.tar.gz`: the same key always means the same bytes. */
export function artifactKey({ namespace, name, hex }: ArtifactKeyParts): string {
  return `${artifactPrefix({ namespace, name })}${hex}${suffix}`;
}

/** What every key of one source begins with; ends in `/`, so that it never matches a sibling's. */
export function artifactPrefix({ namespace, name }: NamespacedName): string {
  return `${prefix}${namespace}/${name}/`;
}

/** The parts of a key, or undefined unless the text is exactly one of our keys. */
export function parseArtifactKey(key: string): ArtifactKeyParts | undefined {
  const match = keyPattern.exec(key);
  return match ? { namespace: match[1]!, name: match[2]!, hex: match[3]! } : undefined;
}
