import type { Clock } from "../core/clock.ts";
import type { ObjectEvent } from "../core/object_event.ts";
import type { SourceKey } from "../core/source_key.ts";
import type { LocalObjects } from "../objects/local/local_objects.ts";
import type { ReconcileResult } from "../reconcile/reconcile_source.ts";
import type { CommandInput } from "./command.ts";
import type { ConsoleSize } from "./console_size.ts";
import type { Operator } from "./operator.ts";

/** What a person sees of `local`. */
export interface LocalView {
  /** The operator is about to run; `urlBase` is that of the artifacts. */
  started(
    operator: Pick<Operator, "plannedAt">,
    place: { readonly directory: string; readonly urlBase: string },
  ): void;
  outcome(key: SourceKey, result: ReconcileResult): void;
  event(event: ObjectEvent): void;
  /** Something is wrong with a file; `file:line: message`. */
  problem(text: string): void;
  /** What {@linkcode problem} was told of is gone. */
  solved(text: string): void;
  close(): void;
}

/** What a view shows, and where. */
export interface LocalViewOptions {
  readonly objects: Pick<LocalObjects, "sources">;
  readonly clock: Clock;
  readonly input: Pick<CommandInput, "print" | "printError">;
  /** Of the terminal; asked before each drawing, because it can be resized. */
  readonly consoleSize: () => ConsoleSize;
}
