import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";
import type { Secret } from "../../core/secret.ts";
import { StepError } from "../../core/step_error.ts";
import { secretError } from "./header_secret.ts";

const certificate = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    // The only thing the constructor does is to parse.
    return false;
  }
}

/**
 * The certificates of authorities that a Secret holds under a key, as PEM.
 *
 * @throws {StepError} class `secret` if there is no such key, no certificate in it or one that cannot be read: TLS would
 * leave it out without a word
 */
export function caBundleFromSecret({ name, data }: Secret, key: string): string {
  const value = data[key];
  if (!value) {
    throw new StepError(`Cannot read Secret "${name}": it has no key "${key}"`, {
      class: "secret",
      reason: "SecretNotFound",
    });
  }
  const blocks = Buffer.from(value).toString("utf8").match(certificate) ?? [];
  if (blocks.length === 0) throw secretError(name, `key "${key}" holds no PEM certificate`);
  const bad = blocks.findIndex((block) => !isCertificate(block));
  if (bad >= 0) {
    throw secretError(name, `certificate ${bad + 1} in key "${key}" cannot be read`);
  }
  return blocks.join("\n");
}
