import { textAnswer } from "./http_answer.ts";
import type { HttpHandler } from "./http_handler.ts";
import type { TokenFile } from "./token_file.ts";

/** Answers only requests that bear a token (RFC 6750); what it guards is not even asked for others. */
export function requireToken(
  handler: HttpHandler,
  tokens: Pick<TokenFile, "accepts">,
): HttpHandler {
  return (request) => {
    if (tokens.accepts(request.headers.get("authorization"))) return handler(request);
    return textAnswer(401, "A bearer token is wanted", {
      "WWW-Authenticate": 'Bearer realm="artifacts"',
      "Cache-Control": "no-store",
    });
  };
}
