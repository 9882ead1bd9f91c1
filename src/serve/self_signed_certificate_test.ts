import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { selfSignedCertificate } from "./self_signed_certificate.ts";
import { checkCertificate } from "./server_certificate.ts";

const now = Date.UTC(2026, 0, 1);

Deno.test("selfSignedCertificate() makes what a server can use, for the names it is given", () => {
  const made = selfSignedCertificate(["localhost", "127.0.0.1", "::1"], now);
  assert.equal(checkCertificate(made), undefined);
  const { subject, issuer, subjectAltName, validFrom, validTo, publicKey, ca } =
    new X509Certificate(made.cert);
  assert.equal(subject, issuer);
  assert.match(subjectAltName ?? "", /^DNS:localhost, IP Address:127\.0\.0\.1, IP Address:/);
  assert.ok(Date.parse(validFrom) < now - 3_600_000);
  assert.ok(Date.parse(validTo) > Date.UTC(2035, 0));
  assert.equal(publicKey.asymmetricKeyType, "ec");
  assert.equal(ca, false);
});

Deno.test("selfSignedCertificate() makes a key of its own each time", () => {
  const [one, other] = [1, 2].map(() => selfSignedCertificate(["localhost"], now));
  assert.notEqual(one?.key, other?.key);
  assert.notEqual(
    new X509Certificate(one!.cert).serialNumber,
    new X509Certificate(other!.cert).serialNumber,
  );
});
