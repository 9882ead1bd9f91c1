/** The head of an HTTP/1 request; bodies are never read. */
export interface HttpRequest {
  readonly method: string;
  /** As sent: still percent-encoded, without the query. */
  readonly path: string;
  /** Without the `?`; empty if there is none. */
  readonly query: string;
  /** By lower-case name; repeated fields are joined with `, ` (RFC 9110 §5.3). */
  readonly headers: ReadonlyMap<string, string>;
  /** Whether the client wants to send another request, and could: what follows an unread body is no request. */
  readonly keepAlive: boolean;
  /** IP address of the client; IPv4 in its dotted form. */
  readonly remoteAddress: string;
}

const requestLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP\/1\.([01])$/;
const fieldLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;
// A client that was told to use a proxy sends the whole URL (RFC 9112 §3.2.2).
const absoluteForm = /^https?:\/\/[^/?#]*/i;

/**
 * Reads the text of a head, without the empty line that ends it.
 *
 * @returns undefined if it is not HTTP/1: a malformed or folded line, no `Host` in 1.1
 * @see https://www.rfc-editor.org/rfc/rfc9112
 */
export function parseHttpRequest(head: string, remoteAddress = ""): HttpRequest | undefined {
  const [first = "", ...lines] = head.split("\r\n");
  const match = requestLine.exec(first);
  const headers = parseFields(lines);
  if (!match || !headers) return undefined;
  const http11 = match[3] === "1";
  if (http11 && !headers.has("host")) return undefined;
  const target = match[2]!.replace(absoluteForm, "") || "/";
  const mark = target.indexOf("?");
  return {
    method: match[1]!,
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? "" : target.slice(mark + 1),
    headers,
    keepAlive: wantsKeepAlive(headers, http11) && !hasBody(headers),
    remoteAddress,
  };
}

function parseFields(lines: readonly string[]): Map<string, string> | undefined {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const match = fieldLine.exec(line);
    if (!match) return undefined;
    const name = match[1]!.toLowerCase();
    const before = headers.get(name);
    headers.set(name, before === undefined ? match[2]! : `${before}, ${match[2]!}`);
  }
  return headers;
}

function wantsKeepAlive(headers: ReadonlyMap<string, string>, http11: boolean): boolean {
  const connection = (headers.get("connection") ?? "").toLowerCase();
  return http11 ? !connection.includes("close") : connection.includes("keep-alive");
}

function hasBody(headers: ReadonlyMap<string, string>): boolean {
  return headers.has("transfer-encoding") || (headers.get("content-length") ?? "0") !== "0";
}
