import { Buffer } from "node:buffer";
import { createHash, type KeyObject, sign } from "node:crypto";
import { isIP } from "node:net";

/** What a certificate says, and who says it. */
export interface CertificateOptions {
  /** Common names. */
  readonly subject: string;
  readonly issuer: string;
  /** P-256, as is the key that signs. */
  readonly publicKey: KeyObject;
  readonly signingKey: KeyObject;
  /** Milliseconds since the Unix epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly extensions: readonly Uint8Array[];
}

/** A value in DER (ITU-T X.690): tag, length, content. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts);
const octets = (...parts: readonly Uint8Array[]) => der(0x04, ...parts);
const bits = (content: Uint8Array) => der(0x03, Buffer.of(0), content);
const oid = (hex: string) => der(0x06, Buffer.from(hex, "hex"));
const yes = der(0x01, Buffer.of(0xff));

const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"));
const commonName = (name: string) =>
  sequence(der(0x31, sequence(oid("550403"), der(0x0c, Buffer.from(name)))));

function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/[-:T]|\.[0-9]+/g, "");
  return der(0x18, Buffer.from(text));
}

/** basicConstraints and keyUsage (keyCertSign) of RFC 5280 §4.2.1: what makes a certificate an authority's. */
export const authorityExtensions: readonly Uint8Array[] = [
  sequence(oid("551d13"), yes, octets(sequence(yes))),
  sequence(oid("551d0f"), yes, octets(der(0x03, Buffer.of(2, 4)))),
];

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  if (address === "::1") return Buffer.from("1".padStart(32, "0"), "hex");
  throw new RangeError(`Cannot write "${address}" into a certificate: not IPv4 or ::1`);
}

/**
 * The names and addresses that a certificate is for: subjectAltName of RFC 5280 §4.2.1.6.
 *
 * @throws {RangeError} for an IPv6 address other than ::1
 */
export function alternativeNames(hosts: readonly string[]): Uint8Array {
  const names = hosts.map((host) =>
    isIP(host) ? der(0x87, addressBytes(host)) : der(0x82, Buffer.from(host))
  );
  return sequence(oid("551d11"), octets(sequence(...names)));
}

/** Positive, and another for each key (RFC 5280 §4.1.2.2). */
function serialOf(publicKey: Uint8Array): Buffer {
  const digest = createHash("sha256").update(publicKey).digest();
  return der(0x02, Buffer.of(1), digest.subarray(0, 15));
}

const pem = (content: Uint8Array) =>
  `-----BEGIN CERTIFICATE-----\n${
    Buffer.from(content).toString("base64").replace(/.{64}/g, "$&\n")
  }\n-----END CERTIFICATE-----\n`;

/** An X.509 v3 certificate as PEM (RFC 5280 §4.1), signed with ECDSA and SHA-256. */
export function issueCertificate(options: CertificateOptions): string {
  const { subject, issuer, notBefore, notAfter, extensions } = options;
  const publicKey = options.publicKey.export({ type: "spki", format: "der" });
  const body = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    serialOf(publicKey),
    ecdsaWithSha256,
    commonName(issuer),
    sequence(time(notBefore), time(notAfter)),
    commonName(subject),
    publicKey,
    der(0xa3, sequence(...extensions)),
  );
  return pem(sequence(body, ecdsaWithSha256, bits(sign("sha256", body, options.signingKey))));
}
