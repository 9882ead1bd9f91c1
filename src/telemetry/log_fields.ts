import { publicUrl } from "../core/public_url.ts";
import { StepError } from "../core/step_error.ts";
import { isSecretName } from "./redact_patterns.ts";

/** Facts beside the message of a log line. */
export type LogFields = Readonly<Record<string, unknown>>;

const maxText = 8_192;
/** Redaction takes time that grows with the text: 64 Ki characters take 5 ms. */
const maxRedacted = 65_536;
const maxItems = 100;
const maxDepth = 4;

/** A text as it may be logged: redacted first, then cut, so that no part of a secret escapes by being cut off. */
export function cleanText(text: string, redact: (text: string) => string): string {
  const clean = redact(text.slice(0, maxRedacted));
  return clean.length > maxText ? `${clean.slice(0, maxText)}…` : clean;
}

/** Fields as they may be logged: bounded, redacted, each error as its message, class and reason. */
export function cleanFields(fields: LogFields, redact: (text: string) => string): LogFields {
  const clean: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    clean[name] = isSecretName(name) ? "***" : cleanValue(value, redact, 0);
    if (value instanceof StepError) {
      clean["class"] = value.class;
      clean["reason"] = value.reason;
    }
  }
  return clean;
}

function cleanValue(value: unknown, redact: (text: string) => string, depth: number): unknown {
  if (typeof value === "string") return cleanText(value, redact);
  if (typeof value === "number" || typeof value === "boolean" || value === null) return value;
  if (value instanceof Error) return cleanText(`${value.message || value.name}`, redact);
  if (value instanceof URL) return cleanText(publicUrl(value), redact);
  if (value instanceof Uint8Array) return `(${value.length} bytes)`;
  if (typeof value !== "object") return cleanText(String(value), redact);
  if (depth === maxDepth) return "(…)";
  if (Array.isArray(value)) {
    return value.slice(0, maxItems).map((item) => cleanValue(item, redact, depth + 1));
  }
  return Object.fromEntries(
    Object.entries(value).slice(0, maxItems).map(([name, item]) => [
      cleanText(name, redact),
      isSecretName(name) ? "***" : cleanValue(item, redact, depth + 1),
    ]),
  );
}
