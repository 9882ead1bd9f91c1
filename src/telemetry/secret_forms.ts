import { Buffer } from "node:buffer";

const schemes = /^(?:bearer|basic|digest|negotiate|token|apikey)\s+(.+)$/is;

/** A longer one is known by its beginning; an RSA key of 8,192 bits still fits. */
const maxLength = 8_192;

/**
 * A secret in every form in which it may turn up in a text: itself, without its authentication scheme, the credentials
 * that `Basic` encodes, each long line of it, and all of these as base64, percent-encoding and JSON write them.
 */
export function secretForms(value: string): string[] {
  const plain = value.trim().slice(0, maxLength);
  const credentials = schemes.exec(plain)?.[1];
  // Not the scheme with them: thousands of values would begin with "Bearer", and none could be found quickly.
  const parts = credentials === undefined
    ? new Set([plain, ...longLines(plain)])
    : new Set([credentials, ...basicParts(credentials)]);
  const forms = new Set<string>();
  for (const part of parts) for (const form of encodings(part)) forms.add(form);
  return [...forms];
}

/** Lines of a PEM or a JSON key; its `-----BEGIN` lines are no secret. */
function longLines(value: string): string[] {
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  return lines.length === 1
    ? []
    : lines.filter((line) => line.length >= 16 && !line.startsWith("-----"));
}

/** `user:password` and `password` of Basic credentials. */
function basicParts(credentials: string): string[] {
  const decoded = Buffer.from(credentials, "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  return colon < 0 || decoded.includes("\ufffd") ? [] : [decoded, decoded.slice(colon + 1)];
}

function encodings(part: string): string[] {
  // A well-formed string, because encodeURIComponent() throws on a lone surrogate.
  const text = part.toWellFormed();
  const bytes = Buffer.from(text, "utf8");
  return [
    part,
    bytes.toString("base64").replace(/=+$/, ""),
    bytes.toString("base64url"),
    encodeURIComponent(text),
    JSON.stringify(text).slice(1, -1),
  ];
}
