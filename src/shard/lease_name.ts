import { createHash } from "node:crypto";
import { controllerName } from "../core/api_names.ts";

/** The longest name of an object (RFC 1123 subdomain). */
const maxName = 253;
const hashDigits = 10;
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

const isValid = (name: string) =>
  name.length <= maxName && name.split(".").every((each) => label.test(each));

/**
 * The name of a member's Lease: `externalsource-controller-{member}`. Names of hosts that no object may have are made
 * valid, and kept apart by a hash.
 */
export function leaseName(member: string): string {
  const name = `${controllerName}-${member}`;
  if (isValid(name)) return name;
  const hash = createHash("sha256").update(member).digest("hex").slice(0, hashDigits);
  const valid = name.toLowerCase()
    .replaceAll(/[^a-z0-9-.]/g, "-")
    // A label between two dots begins and ends with a letter or digit.
    .replaceAll(/[-.]*\.[-.]*/g, ".")
    .slice(0, maxName - hashDigits - 1)
    .replace(/[-.]+$/, "");
  return `${valid}-${hash}`;
}
