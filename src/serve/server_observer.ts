import type { CutReason } from "./connection_table.ts";

/** A request that has been answered, or whose client went away before the end. */
export interface AnsweredRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Of head and body, as far as they went out. */
  readonly bytes: number;
  readonly durationMs: number;
  /** False if the answer was cut off. */
  readonly complete: boolean;
}

/** Told what a server does, for metrics and logs; must not throw. */
export interface ServerObserver {
  /** The head of a request has come; `answered` follows, whatever happens. */
  started?(): void;
  answered?(request: AnsweredRequest): void;
  /** The server closed a connection by itself. */
  cut?(reason: CutReason): void;
  /** A handler threw, or accepting failed: something to log. */
  failed?(error: unknown): void;
}
