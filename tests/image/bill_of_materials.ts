import { Buffer } from "node:buffer";

/** What `deno.lock` (version 5) says of a package. */
export interface LockedPackage {
  /** Subresource integrity: algorithm, `-`, base64. */
  readonly integrity: string;
}

/** The program that is made of the packages. */
export interface Program {
  readonly name: string;
  readonly version: string;
}

/** A key of the lock: name, version, and behind `_` the peers that it was resolved with. */
const key = /^(@[^/]+\/[^@]+|[^@]+)@([^_]+)/;

function componentOf([locked, { integrity }]: readonly [string, LockedPackage]) {
  const [, name = "", version = ""] = key.exec(locked) ?? [];
  if (name === "") throw new TypeError(`Cannot read "${locked}" of the lock: it is no package`);
  // A scope's @ is percent-encoded (https://github.com/package-url/purl-spec, type npm).
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  const content = Buffer.from(integrity.replace(/^sha512-/, ""), "base64").toString("hex");
  const hashes = [{ alg: "SHA-512", content }];
  return { type: "library", "bom-ref": purl, name, version, purl, hashes };
}

/**
 * The npm packages that the binary may hold, which no scanner sees in it any more, as CycloneDX
 * (https://cyclonedx.org/docs/1.6/json/).
 *
 * @throws {TypeError} for what is no package
 */
export function billOfMaterials(
  { name, version }: Program,
  packages: Readonly<Record<string, LockedPackage>>,
): unknown {
  const components = Object.entries(packages).map(componentOf);
  const unique = new Map(components.map((component) => [component.purl, component]));
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: { type: "application", name, version } },
    components: [...unique.values()],
  };
}
