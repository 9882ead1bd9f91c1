/** `latest@sha256:{hex}`: DESIGN §7; `latest` never parses as a semver, which helm-controller would act on. */
export function revisionOf(tarSha256Hex: string): string {
  return `latest@sha256:${tarSha256Hex}`;
}

/** `sha256:{hex}`: kustomize- and helm-controller both want the algorithm named. */
export function digestOf(sha256Hex: string): string {
  return `sha256:${sha256Hex}`;
}

/** The hex digits of a `sha256:` digest, or undefined if it is none. */
export function hexOf(digest: string): string | undefined {
  return /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
}
