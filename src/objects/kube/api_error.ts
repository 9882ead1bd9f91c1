import { ConflictError, KindNotInstalledError, NotFoundError } from "../objects.ts";
import { type ApiStatus, ApiStatusError } from "./api_status_error.ts";
import { asRecord, asText } from "./fields.ts";

const maxMessage = 512;
/** What a server that asks for less or more than reason is held to. */
const maxRetryAfterMs = 120_000;

/**
 * Milliseconds of a `Retry-After` header, which the API server writes in seconds.
 *
 * @returns undefined if there is none or it is not a number of seconds
 */
export function parseRetryAfter(header: string | null): number | undefined {
  if (header === null || !/^[0-9]{1,9}$/.test(header.trim())) return undefined;
  return Math.min(Number(header) * 1_000, maxRetryAfterMs);
}

/** A `metav1.Status`, or undefined if the value is none. */
export function decodeStatus(value: unknown, code: number): ApiStatus | undefined {
  const status = asRecord(value);
  if (status?.kind !== "Status") return undefined;
  const [reason, message] = [asText(status.reason), asText(status.message)];
  return {
    code: typeof status.code === "number" ? status.code : code,
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
  };
}

function parseStatus(text: string, code: number): ApiStatus | undefined {
  try {
    return decodeStatus(JSON.parse(text), code);
  } catch {
    return undefined;
  }
}

/** An answer that is not a success, with its body. */
export interface FailedAnswer {
  readonly code: number;
  readonly retryAfter: string | null;
  readonly body: string;
}

/**
 * The error that the contract of objects has for an answer of the API server.
 *
 * @param what `Cannot VERB "value"`
 */
export function apiError(what: string, { code, retryAfter, body }: FailedAnswer): Error {
  const status = parseStatus(body, code);
  const retryAfterMs = parseRetryAfter(retryAfter);
  const words = status?.message ? `status ${code}, ${status.message}` : `status ${code}`;
  const message = `${what}: ${words}`.slice(0, maxMessage);
  if (code === 409) return new ConflictError(message);
  if (code === 404) {
    // Only an unknown path is answered by the router, in plain text; an unknown object gets a Status.
    return status ? new NotFoundError(message) : new KindNotInstalledError(message);
  }
  return new ApiStatusError(message, {
    ...status,
    code,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
