import { generateKeyPairSync, type KeyObject } from "node:crypto";
import {
  alternativeNames,
  authorityExtensions,
  issueCertificate,
} from "../src/serve/issue_certificate.ts";

/** A private key and its certificate, as PEM. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

/** What a certificate says. */
export interface CertificateOptions {
  /** Host names and addresses it is for. */
  readonly hosts: readonly string[];
  /** Milliseconds since the Unix epoch; the default is in 2100. */
  readonly notAfter?: number;
}

/** An authority of a test's own, so that no key has to stand in the repository. */
export class CertificateAuthority {
  readonly pem: string;
  readonly #name: string;
  readonly #key: KeyObject;

  constructor(name = "test authority") {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.#name = name;
    this.#key = privateKey;
    this.pem = this.#sign(publicKey, {
      subject: name,
      notAfter: Date.UTC(2100, 0),
      extensions: authorityExtensions,
    });
  }

  /** A new key and a certificate of it. */
  issue({ hosts, notAfter = Date.UTC(2100, 0) }: CertificateOptions): KeyAndCertificate {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const extensions = [alternativeNames(hosts)];
    return {
      key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
      cert: this.#sign(publicKey, { subject: "test server", notAfter, extensions }),
    };
  }

  #sign(
    publicKey: KeyObject,
    said: {
      readonly subject: string;
      readonly notAfter: number;
      readonly extensions: readonly Uint8Array[];
    },
  ): string {
    const issued = { issuer: this.#name, signingKey: this.#key, notBefore: Date.UTC(2020, 0) };
    return issueCertificate({ ...issued, publicKey, ...said });
  }
}
