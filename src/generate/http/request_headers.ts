/** A request header that cannot be sent. The message names it, never its value. */
export class HeaderError extends Error {
  override readonly name = "HeaderError";
}

/** RFC 9110 §5.6.2; also the form of a method. */
export const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What the connection needs to itself, and `Host`, with which one could reach another virtual host than was checked. */
const ours = new Set([
  ...["host", "connection", "keep-alive", "proxy-connection", "proxy-authorization", "te"],
  ...["trailer", "transfer-encoding", "upgrade", "content-length", "expect"],
]);

/** Headers that carry a credential by their meaning, wherever they come from. */
const credentials = ["authorization", "cookie"];

/** Every code unit of a value is one byte on the wire (RFC 9110 §5.5); no control characters but the tab. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Given headers by lower-case name, without those that cannot be given. Of two spellings of a name the last wins.
 *
 * @throws {HeaderError} if a name is no token or a value has control characters
 */
export function checkHeaders(given: Readonly<Record<string, string>>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (!token.test(name)) throw new HeaderError(`"${printable(name)}" is no name of a header`);
    if (!fieldValue.test(value)) {
      throw new HeaderError(`the value of header "${name}" has control or non-Latin characters`);
    }
    if (!ours.has(name.toLowerCase())) headers[name.toLowerCase()] = value.trim();
  }
  return headers;
}

/** Headers that may follow a redirect to another origin. */
export function withoutCredentials(
  headers: Readonly<Record<string, string>>,
  secretHeaders: readonly string[],
): Record<string, string> {
  const dropped = new Set([...credentials, ...secretHeaders.map((name) => name.toLowerCase())]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name)));
}

/** A name that may be nonsense, short and without control characters. */
function printable(name: string): string {
  return name.slice(0, 64).replace(/[^\x20-\x7e]/g, "?");
}
