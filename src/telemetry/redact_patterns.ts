import { publicUrl } from "../core/public_url.ts";

const url = /\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s"<>]+/gi;
const query = /(?<=[^\s?])\?[^\s"'?=]{1,100}=[^\s"']*/g;
const secretName =
  "(?:proxy-)?authorization|(?:set-)?cookie|x-(?:api|auth|access)-(?:key|token)|api[-_]?key|private-token|" +
  "access[-_]?token|refresh[-_]?token|id[-_]?token|client[-_]?secret|password|passwd|secret[-_]?key|session[-_]?token";
/** A path that our own messages quote, `Cannot VERB "path": state`, is no key, even if it ends like one. */
const quotedPath = String.raw`(?=": [a-z])(?<=\bcannot [\w. -]{1,64}"[^"\r\n]{0,256}/[\w.-]{1,64})`;
const value = String.raw`(?:"[^"]*"?|'[^']*'?|[^\r\n"',;]+)`;
const named = new RegExp(
  String.raw`\b(${secretName})(?!${quotedPath})(["']?\s*[:=]\s*)${value}`,
  "gi",
);
const bearer = /\b(bearer|negotiate|apikey)(\s+)[\w.~+/=-]{6,}/gi;
const basic = /\b(basic\s+)[A-Za-z0-9+/]{4,}={1,2}/gi;
const jwt = /\beyJ[\w-]{8,}\.[\w-]+\.?[\w-]*/g;

const secretKey = new RegExp(`^(?:${secretName}|token|secret)$`, "i");

/** A text without what carries credentials by its shape: user info and query of URLs, headers, tokens. */
export function redactPatterns(text: string): string {
  return text
    .replace(url, (match) => publicUrl(match))
    .replace(query, "")
    .replace(named, "$1$2***")
    .replace(bearer, "$1$2***")
    .replace(basic, "$1***")
    .replace(jwt, "***");
}

/** Whether a field of that name holds a secret, whatever its value. */
export function isSecretName(name: string): boolean {
  return secretKey.test(name);
}
