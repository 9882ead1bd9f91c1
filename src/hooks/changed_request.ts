import type { SourceRequest } from "../core/source_request.ts";
import { HookFailure } from "./hook_failure.ts";

type Changes = Partial<Pick<SourceRequest, "url" | "method" | "headers">>;

/** What a pre-request hook gets to see of a request: JSON of the fields that it may replace. */
export function describeRequest({ url, method, headers }: SourceRequest): string {
  return `${JSON.stringify({ url, method, headers })}\n`;
}

/**
 * A request with what a pre-request hook printed in place of the given fields. All its headers count as secret from then
 * on: what a hook mints or makes of a Secret must not follow a redirect to another origin either.
 *
 * @param printed empty: nothing changes
 * @throws {HookFailure} if it is anything but an object of those fields; the message quotes nothing of it
 */
export function changedRequest(request: SourceRequest, printed: string): SourceRequest {
  if (printed.trim() === "") return request;
  const changes = parseChanges(printed);
  const headers = changes.headers ?? request.headers;
  const secretHeaders = [...new Set([...request.secretHeaders, ...Object.keys(headers)])];
  return { ...request, ...changes, secretHeaders };
}

function parseChanges(printed: string): Changes {
  const object = parseObject(printed);
  const { url, method, headers, ...others } = object;
  if (Object.keys(others).length > 0) throw invalid("has fields beside url, method and headers");
  for (const [name, value] of Object.entries({ url, method })) {
    if (value !== undefined && typeof value !== "string") throw invalid(`has a ${name} of no text`);
  }
  if (headers !== undefined && !isHeaders(headers)) {
    throw invalid("has headers that are no object of texts");
  }
  return object as Changes;
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid("is no JSON"); // JSON.parse() quotes the text, which may hold a token
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw invalid("is no JSON object");
}

function isHeaders(value: unknown): value is Readonly<Record<string, string>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.values(value).every((each) => typeof each === "string");
}

const invalid = (state: string) => new HookFailure("invalid", `its output ${state}`);
