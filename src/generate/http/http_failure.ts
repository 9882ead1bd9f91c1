import type { HostLimits } from "../../core/host_limits.ts";
import { networkStates } from "../../core/network_states.ts";
import { publicUrl } from "../../core/public_url.ts";
import { StepError } from "../../core/step_error.ts";

/** What is known of a failed exchange where it is seen. */
export interface HttpFailureDetails {
  readonly class: "transient" | "rejected";
  readonly retryAfterMs?: number | undefined;
  readonly hostLimits?: HostLimits | undefined;
  readonly timedOut?: boolean;
  /** The connection ended before a status line came: the request may be repeated. */
  readonly broken?: boolean;
  /** It did so on a connection that an earlier exchange had used. */
  readonly reused?: boolean;
  /** The host name has no address as far as we know; a proxy may know more. */
  readonly unresolved?: boolean;
}

/**
 * A failed exchange, before it is known as whose: its message is only the state, fit to be published.
 * {@linkcode toFetchError} puts the URL in front.
 */
export class HttpFailure extends Error {
  override readonly name = "HttpFailure";
  readonly details: HttpFailureDetails;

  constructor(state: string, details: HttpFailureDetails) {
    super(state);
    this.details = details;
  }
}

/** An upstream that a user or an operator does not want to be reached, or an answer that nobody wants. */
export function rejected(state: string): HttpFailure {
  return new HttpFailure(state, { class: "rejected" });
}

/** A failure that may be gone by itself. */
export function transient(state: string): HttpFailure {
  return new HttpFailure(state, { class: "transient" });
}

const states: Readonly<Record<string, string>> = {
  ...networkStates,
  EADDRNOTAVAIL: "host is unreachable",
  ETIMEDOUT: "the network timed out",
};

/** What undici calls every error of its parser once it has seen a Content-Length, though nothing of a body was to come yet. */
const parserAfterLength = "UND_ERR_RES_CONTENT_LENGTH_MISMATCH";

/** Codes of errors that only sockets, resolvers, TLS and the HTTP parser make. */
const networkCode = /^(E[A-Z0-9_]+|HPE_[A-Z_]+|UND_ERR_[A-Z_]+)$/;

/** The code of an error of Node's kind. */
export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  // undici gives its parser's errors a code only sometimes, and does not export their class.
  if (error instanceof Error && error.name === "HTTPParserError") {
    return String(code ?? "HPE_INVALID");
  }
  return typeof code === "string" && networkCode.test(code) ? code : undefined;
}

/**
 * Tells a failure of the network or of the protocol from a bug, by the error's code. The error itself is left behind:
 * undici keeps pieces of what the upstream sent in it.
 *
 * @returns the error itself if it has no code of that kind
 */
export function failureOfExchange(error: unknown, phase: "before-status" | "body"): unknown {
  const code = errorCode(error);
  if (error instanceof HttpFailure || code === undefined) return error;
  if (code === "UND_ERR_HEADERS_OVERFLOW") return rejected("its headers are too large");
  if (phase === "body") return transient(`the answer was cut off (${code})`);
  if (code.startsWith("HPE_") || code === parserAfterLength) {
    return rejected(`the answer is not HTTP (${code})`);
  }
  const timedOut = code === "ETIMEDOUT";
  return new HttpFailure(states[code] ?? `the connection failed (${code})`, {
    class: "transient",
    timedOut,
    broken: !timedOut,
  });
}

/** A failure as the rest of the program sees it; any other error is a bug and passes unchanged. */
export function toFetchError(url: string, error: unknown): unknown {
  if (!(error instanceof HttpFailure)) return error;
  const { class: errorClass, retryAfterMs, hostLimits, timedOut } = error.details;
  return new StepError(`Cannot fetch "${publicUrl(url)}": ${error.message}`, {
    class: errorClass,
    reason: "FetchFailed",
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...{ timedOut: timedOut ?? false, hostLimits },
    cause: error,
  });
}
