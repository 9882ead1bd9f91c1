import { Buffer } from "node:buffer";
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { isIP } from "node:net";

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

/** basicConstraints and keyUsage (keyCertSign) of RFC 5280 §4.2.1 */
const authorityExtensions = [
  sequence(oid("551d13"), yes, octets(sequence(yes))),
  sequence(oid("551d0f"), yes, octets(der(0x03, Buffer.of(2, 4)))),
];

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  if (address === "::1") return Buffer.from("1".padStart(32, "0"), "hex");
  throw new RangeError(`Cannot write "${address}" into a certificate: not IPv4 or ::1`);
}

/** subjectAltName of RFC 5280 §4.2.1.6 */
function alternativeNames(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) =>
    isIP(host) ? der(0x87, addressBytes(host)) : der(0x82, Buffer.from(host))
  );
  return sequence(oid("551d11"), octets(sequence(...names)));
}

const pem = (content: Uint8Array) =>
  `-----BEGIN CERTIFICATE-----\n${
    Buffer.from(content).toString("base64").replace(/.{64}/g, "$&\n")
  }\n-----END CERTIFICATE-----\n`;

/** An authority of a test's own, so that no key has to stand in the repository. */
export class CertificateAuthority {
  readonly pem: string;
  readonly #name: string;
  readonly #key: KeyObject;
  #serial = 1;

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
    { subject, notAfter, extensions }: {
      readonly subject: string;
      readonly notAfter: number;
      readonly extensions: readonly Uint8Array[];
    },
  ): string {
    const body = sequence(
      der(0xa0, der(0x02, Buffer.of(2))),
      der(0x02, Buffer.of(this.#serial++)),
      ecdsaWithSha256,
      commonName(this.#name),
      sequence(time(Date.UTC(2020, 0)), time(notAfter)),
      commonName(subject),
      publicKey.export({ type: "spki", format: "der" }) as Buffer,
      der(0xa3, sequence(...extensions)),
    );
    return pem(sequence(body, ecdsaWithSha256, bits(sign("sha256", body, this.#key))));
  }
}
