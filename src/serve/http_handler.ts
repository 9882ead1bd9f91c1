import type { HttpAnswer } from "./http_answer.ts";
import type { HttpRequest } from "./http_request.ts";

/** Answers a request; what it throws becomes a 500 that says nothing. */
export type HttpHandler = (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>;
