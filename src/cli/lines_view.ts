import { externalSourceKind } from "../core/api_names.ts";
import type { ObjectEvent } from "../core/object_event.ts";
import { type SourceKey, sourceKey } from "../core/source_key.ts";
import type { ReconcileResult } from "../reconcile/reconcile_source.ts";
import type { LocalView, LocalViewOptions } from "./local_view.ts";

/** What lines need to know; no terminal. */
export type LinesViewOptions = Omit<LocalViewOptions, "consoleSize">;

/** Whoever sees nothing within that time wants to know why. */
const lookEveryMs = 1_000;

/** A line for each thing that happens: for pipes and logs. */
export class LinesView implements LocalView {
  readonly #options: LinesViewOptions;
  readonly #output: LinesViewOptions["input"];
  #cancel: () => void = () => {};

  constructor(options: LinesViewOptions) {
    this.#options = options;
    this.#output = options.input;
  }

  started(_operator: unknown, { directory, urlBase }: Parameters<LocalView["started"]>[1]): void {
    this.#output.print(`watching ${directory}, artifacts on ${urlBase}\n`);
    this.#look();
  }

  /** Says once that there is nothing to do, which else nothing would say. */
  #look(): void {
    const { objects: { sources }, clock } = this.#options;
    if (sources.state === "waiting") {
      this.#cancel = clock.schedule(() => this.#look(), lookEveryMs);
    } else if (sources.size === 0) this.#output.print("no ExternalSource yet\n");
  }

  outcome(key: SourceKey, { outcome, changed }: ReconcileResult): void {
    if (outcome.kind !== "published" || !changed) return;
    const { revision, size, url } = outcome.artifact;
    this.#output.print(`${key}  ${revision}  ${size} bytes\n  download: curl -LO ${url}\n`);
  }

  /** Failures and warnings, of which there is one event each and not one a retry. */
  event({ involvedObject, type, reason, message }: ObjectEvent): void {
    if (type !== "Warning" || involvedObject.kind !== externalSourceKind) return;
    this.#output.print(`${sourceKey(involvedObject)}  ${reason}  ${message}\n`);
  }

  problem(text: string): void {
    this.#output.printError(`${text}\n`);
  }

  solved(text: string): void {
    this.#output.printError(`solved: ${text}\n`);
  }

  close(): void {
    this.#cancel();
  }
}
