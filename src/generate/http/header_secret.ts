import { Buffer } from "node:buffer";
import type { Secret } from "../../core/secret.ts";
import { StepError } from "../../core/step_error.ts";
import { checkHeaders, HeaderError } from "./request_headers.ts";

/** A Secret that is there but cannot be used: its next version may be better. */
export function secretError(secret: string, state: string): StepError {
  return new StepError(`Cannot use Secret "${secret}": ${state}`, {
    class: "secret",
    reason: "InvalidSecret",
  });
}

/**
 * The headers that a Secret holds: each key a name, each value verbatim but for one trailing newline, which editors and
 * `echo` leave behind. Bytes stay bytes: a value is read as Latin-1 because it is written so.
 *
 * @throws {StepError} class `secret`, naming the key but never the value
 */
export function headersFromSecret({ name, data }: Secret): Record<string, string> {
  const entries = Object.entries(data).map(([key, value]) => {
    const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1");
    return [key, text.replace(/\r?\n$/, "")] as const;
  });
  const headers = Object.fromEntries(entries);
  try {
    checkHeaders(headers);
  } catch (error) {
    if (error instanceof HeaderError) throw secretError(name, error.message);
    throw error;
  }
  return headers;
}
