import { rejected } from "./http_failure.ts";
import { withoutCredentials } from "./request_headers.ts";

/** One request of an exchange, headers by lower-case name. */
export interface Hop {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** An answer that may lead elsewhere. */
export interface RedirectAnswer {
  readonly status: number;
  readonly location: string | undefined;
}

const followed = [301, 302, 303, 307, 308];

/** Whether a status leads elsewhere, as Go's client has it: 300, 304, 305 and 306 do not. */
export function isRedirect(status: number): boolean {
  return followed.includes(status);
}

/** RFC 9110 §15.4: 303 makes every method but HEAD a GET, 301 and 302 do so with POST by long habit. */
function nextMethod(status: number, method: string): string {
  if (status === 303) return method === "HEAD" ? "HEAD" : "GET";
  return status < 303 && method === "POST" ? "GET" : method;
}

/**
 * The request that a redirect leads to. Once the origin (scheme, host or port) changes, credentials and the values of the
 * header Secret are gone for the rest of the exchange, even if a further redirect leads back.
 *
 * @throws {HttpFailure} `rejected` if it leads nowhere we go
 */
export function redirect(
  hop: Hop,
  { status, location }: RedirectAnswer,
  secretHeaders: readonly string[],
): Hop {
  if (location === undefined) throw rejected(`status ${status} without a Location`);
  const url = URL.parse(location, hop.url);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw rejected(`status ${status} leads to what is no http or https URL`);
  }
  const stays = url.origin === hop.url.origin;
  // What an upstream puts in front of the @ is no credential of ours, and would stand in later messages.
  url.username = url.password = url.hash = "";
  return {
    url,
    method: nextMethod(status, hop.method),
    headers: stays ? hop.headers : withoutCredentials(hop.headers, secretHeaders),
  };
}
