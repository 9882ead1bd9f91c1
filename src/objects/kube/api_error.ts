import { ConflictError, KindNotInstalledError, NotFoundError } from "../objects.ts";
import { type ApiStatus, ApiStatusError } from "./api_status_error.ts";
import { asArray, asRecord, asText } from "./fields.ts";

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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a `metav1.Status` refuses to create something because its namespace is being deleted. */
function isNamespaceEnding(value: unknown): boolean {
  const { causes } = asRecord(asRecord(value)?.details) ?? {};
  return asArray(causes).some((cause) => asRecord(cause)?.reason === "NamespaceTerminating");
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
  const answer = parseJson(body);
  const status = decodeStatus(answer, code);
  const retryAfterMs = parseRetryAfter(retryAfter);
  const words = status?.message ? `status ${code}, ${status.message}` : `status ${code}`;
  const message = `${what}: ${words}`.slice(0, maxMessage);
  if (code === 409) return new ConflictError(message);
  if (code === 404) {
    // Only an unknown path is answered by the router, in plain text; an unknown object gets a Status.
    return status ? new NotFoundError(message) : new KindNotInstalledError(message);
  }
  // A 403, but no right is missing: the object that it is about goes with the namespace.
  if (isNamespaceEnding(answer)) return new NotFoundError(message);
  return new ApiStatusError(message, {
    ...status,
    code,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
