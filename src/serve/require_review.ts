import { type HttpAnswer, textAnswer } from "./http_answer.ts";
import type { HttpHandler } from "./http_handler.ts";
import type { ReviewAnswer, ReviewedTokens } from "./reviewed_tokens.ts";

/** RFC 6750 §2.1. */
const credentials = /^bearer +([-A-Za-z0-9._~+/]+=*)$/i;

const uncached = { "Cache-Control": "no-store" };

const refusals: Readonly<Record<Exclude<ReviewAnswer, "allowed">, HttpAnswer>> = {
  unknown: textAnswer(401, "A bearer token that the cluster knows is wanted", {
    ...uncached,
    "WWW-Authenticate": 'Bearer realm="metrics"',
  }),
  forbidden: textAnswer(403, "The bearer of this token may not get /metrics", uncached),
  "too-many": textAnswer(429, "Too many unknown tokens", { ...uncached, "Retry-After": "1" }),
  unanswered: textAnswer(503, "The API server does not say whose token this is", {
    ...uncached,
    "Retry-After": "10",
  }),
};

/** Answers only requests that bear a token whose bearer the cluster lets in; what it guards is not even asked for others. */
export function requireReview(
  handler: HttpHandler,
  tokens: Pick<ReviewedTokens, "ask">,
): HttpHandler {
  return async (request) => {
    const token = credentials.exec(request.headers.get("authorization") ?? "")?.[1];
    const answer = token === undefined ? "unknown" : await tokens.ask(token);
    return answer === "allowed" ? await handler(request) : refusals[answer];
  };
}
