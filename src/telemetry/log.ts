import type { Clock } from "../core/clock.ts";
import { cleanFields, cleanText, type LogFields } from "./log_fields.ts";
import { logThreshold, type Severity } from "./log_level.ts";

/** The log: one line an outcome, in the shape of zap's (COMPATIBILITY §7), so that today's collectors read it. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** Something that only a programming error explains: the one line with a stack. */
  bug(message: string, error: unknown, fields?: LogFields): void;
  /** The same log for a part of the program: `controller`, then `controller.queue`. */
  named(name: string): Log;
  /** The same log with fields in every line. */
  with(fields: LogFields): Log;
}

/** How a log is written. */
export interface LogOptions {
  /** A value of `--zap-log-level`. */
  readonly level: string;
  readonly encoding: string;
  readonly clock: Pick<Clock, "now">;
  readonly redact: (text: string) => string;
  /** Takes a line with its end; must not throw. */
  readonly write: (line: string) => void;
}

/** A log without a name. */
export function createLog(options: LogOptions): Log {
  return new LineLog({ ...options, threshold: logThreshold(options.level) }, "", {});
}

const levelNames: Readonly<Record<Severity, string>> = {
  [-1]: "debug",
  0: "info",
  1: "warn",
  2: "error",
};

class LineLog implements Log {
  readonly #options: LogOptions & { readonly threshold: number };
  readonly #name: string;
  readonly #fields: LogFields;

  constructor(
    options: LogOptions & { readonly threshold: number },
    name: string,
    fields: LogFields,
  ) {
    this.#options = options;
    this.#name = name;
    this.#fields = fields;
  }

  debug(message: string, fields: LogFields = {}): void {
    this.#line(-1, message, fields);
  }

  info(message: string, fields: LogFields = {}): void {
    this.#line(0, message, fields);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#line(1, message, fields);
  }

  error(message: string, fields: LogFields = {}): void {
    this.#line(2, message, fields);
  }

  bug(message: string, error: unknown, fields: LogFields = {}): void {
    const stack = error instanceof Error ? error.stack : undefined;
    this.#line(2, message, { ...fields, error, stacktrace: stack });
  }

  named(name: string): Log {
    return new LineLog(
      this.#options,
      this.#name === "" ? name : `${this.#name}.${name}`,
      this.#fields,
    );
  }

  with(fields: LogFields): Log {
    return new LineLog(this.#options, this.#name, { ...this.#fields, ...fields });
  }

  #line(severity: Severity, message: string, fields: LogFields): void {
    const { threshold, redact, clock, encoding, write } = this.#options;
    if (severity < threshold) return;
    const head = {
      level: levelNames[severity],
      ts: new Date(clock.now()).toISOString(),
      ...(this.#name === "" ? {} : { logger: this.#name }),
      msg: cleanText(message, redact),
    };
    const clean = cleanFields({ ...this.#fields, ...this.#causes(fields) }, redact);
    write(encoding === "console" ? consoleLine(head, clean) : jsonLine(head, clean));
  }

  /** The causes of an error, which may hold parts of an upstream's answer, are for the debug level only (DESIGN §5). */
  #causes(fields: LogFields): LogFields {
    const error = fields["error"];
    if (this.#options.threshold > -1 || !(error instanceof Error)) return fields;
    const causes: string[] = [];
    for (
      let cause = error.cause;
      cause instanceof Error && causes.length < 5;
      cause = cause.cause
    ) {
      causes.push(cause.message || cause.name);
    }
    return causes.length > 0 ? { ...fields, causes } : fields;
  }
}

interface Head {
  readonly level: string;
  readonly ts: string;
  readonly logger?: string;
  readonly msg: string;
}

/** A field cannot pass for part of the head: the head comes first and last, and the last one wins. */
function jsonLine(head: Head, fields: LogFields): string {
  return `${JSON.stringify({ ...head, ...fields, ...head })}\n`;
}

/** Tab-separated like zap's console encoder; control characters stay escaped, or a message could forge lines. */
function consoleLine(head: Head, fields: LogFields): string {
  const parts = [head.ts, head.level.toUpperCase(), head.logger, escapeControl(head.msg)];
  const { stacktrace, ...rest } = fields;
  if (Object.keys(rest).length > 0) parts.push(escapeControl(JSON.stringify(rest)));
  const line = parts.filter((part) => part !== undefined).join("\t");
  return typeof stacktrace === "string" ? `${line}\n${stacktrace}\n` : `${line}\n`;
}

function escapeControl(text: string): string {
  return text.replace(
    // deno-lint-ignore no-control-regex -- control characters are what is escaped
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
