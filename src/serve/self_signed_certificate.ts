import { generateKeyPairSync } from "node:crypto";
import { alternativeNames, issueCertificate } from "./issue_certificate.ts";
import type { ServerCertificate } from "./server_certificate.ts";

const dayMs = 24 * 3_600_000;
/** Nobody can check whose it is, so it need not end before the process does. */
const validMs = 3_650 * dayMs;

/**
 * A new key with a certificate that it has signed itself: keeps listeners out, and proves nothing.
 *
 * @param hosts names and IPv4 addresses of the server, or ::1
 * @param now milliseconds since the Unix epoch; a client's clock may be a day behind
 */
export function selfSignedCertificate(hosts: readonly string[], now: number): ServerCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = "externalsource-controller";
  const cert = issueCertificate({
    ...{ subject: name, issuer: name, publicKey, signingKey: privateKey },
    notBefore: now - dayMs,
    notAfter: now + validMs,
    extensions: [alternativeNames(hosts)],
  });
  return { cert, key: privateKey.export({ type: "pkcs8", format: "pem" }) as string };
}
