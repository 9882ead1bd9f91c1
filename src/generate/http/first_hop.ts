import type { Validators } from "../../core/document.ts";
import type { SourceRequest } from "../../core/source_request.ts";
import { rejected } from "./http_failure.ts";
import { basicAuthorization } from "./proxy.ts";
import type { Hop } from "./redirect.ts";
import { checkHeaders, HeaderError, token } from "./request_headers.ts";

/** Methods whose answer can be "not modified" (RFC 9110 §13.1.2). */
const conditional = ["GET", "HEAD"];

function conditions(method: string, validators: Validators | undefined): Record<string, string> {
  if (!validators || !conditional.includes(method)) return {};
  const { etag, lastModified } = validators;
  return {
    ...(etag ? { "if-none-match": etag } : {}),
    ...(lastModified ? { "if-modified-since": lastModified } : {}),
  };
}

function headersOf(request: SourceRequest): Record<string, string> {
  try {
    return checkHeaders(request.headers);
  } catch (error) {
    if (!(error instanceof HeaderError)) throw error;
    // The spec and the Secret were checked before: this is what a pre-request hook made, and a name may be a token misplaced.
    throw rejected(
      "the pre-request hooks made a header that cannot be sent, by its name or its value",
    );
  }
}

/**
 * The first request of an exchange. User info in the URL becomes basic authentication unless there is an Authorization
 * header, as in Go. Bytes are asked for as they are: nothing here decodes a content encoding.
 *
 * @throws {HttpFailure} `rejected` if a hook made it unusable
 */
export function firstHop(
  request: SourceRequest,
  validators: Validators | undefined,
  userAgent: string,
): Hop {
  const url = URL.parse(request.url);
  if (!url || !/^https?:$/.test(url.protocol)) throw rejected("it is no http or https URL");
  if (!token.test(request.method)) throw rejected("the method is no HTTP method");
  const authorization = basicAuthorization(url);
  url.username = url.password = url.hash = "";
  return {
    url,
    method: request.method,
    headers: {
      "user-agent": userAgent,
      "accept-encoding": "identity",
      ...(authorization ? { authorization } : {}),
      ...headersOf(request),
      ...conditions(request.method, validators),
    },
  };
}
