/** What git says of a checkout. */
export interface Checkout {
  /** Abbreviated; empty without git. */
  readonly commit: string;
  /** Those of the commit, such as `v1.2.3`. */
  readonly tags: readonly string[];
  readonly isChanged: boolean;
}

/**
 * The version of a build: that of `deno.json` where the commit has its tag, else with the commit as build metadata
 * (https://semver.org/#spec-item-10), so that two builds that differ never call themselves the same.
 */
export function buildVersion(declared: string, { commit, tags, isChanged }: Checkout): string {
  const isRelease = tags.includes(`v${declared}`) && !isChanged;
  if (isRelease || commit === "") return declared;
  return `${declared}+g${commit}${isChanged ? ".changed" : ""}`;
}
