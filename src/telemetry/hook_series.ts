import type { Counter, Histogram } from "prom-client";
import type { SourceKey } from "../core/source_key.ts";

/** Labels that come from specs. */
interface HookLabels {
  readonly hook_name: string;
  readonly retry_policy: string;
}

/** What the runs of a hook are counted in. */
export interface HookFamilies {
  readonly hookRuns: Counter<keyof HookLabels | "success">;
  readonly hookSeconds: Histogram<keyof HookLabels | "success">;
}

/** A source that changes the names of its hooks all the time must not make series without end. */
const maxPerSource = 16;
const maxName = 128;

/** The series of hooks, which have names that users give: gone with the last source that used them. */
export class HookSeries {
  readonly #families: HookFamilies;
  /** By source the labels it uses, those used longest ago first. */
  readonly #sources = new Map<SourceKey, Map<string, HookLabels>>();
  /** How many sources use labels. */
  readonly #users = new Map<string, number>();

  constructor(families: HookFamilies) {
    this.#families = families;
  }

  /** Counts a run. */
  ran(run: {
    readonly key: SourceKey;
    readonly name: string;
    readonly retryPolicy: string;
    readonly success: boolean;
    readonly seconds: number;
  }): void {
    const labels = { hook_name: run.name.slice(0, maxName), retry_policy: run.retryPolicy };
    this.#use(run.key, labels);
    const all = { ...labels, success: `${run.success}` };
    this.#families.hookRuns.inc(all);
    this.#families.hookSeconds.observe(all, run.seconds);
  }

  /** A source is gone. */
  forget(key: SourceKey): void {
    for (const labels of this.#sources.get(key)?.values() ?? []) this.#leave(labels);
    this.#sources.delete(key);
  }

  #use(key: SourceKey, labels: HookLabels): void {
    const used = this.#sources.get(key) ?? new Map<string, HookLabels>();
    this.#sources.set(key, used);
    const id = idOf(labels);
    if (!used.delete(id)) this.#users.set(id, (this.#users.get(id) ?? 0) + 1);
    used.set(id, labels);
    if (used.size <= maxPerSource) return;
    const [oldestId, oldest] = used.entries().next().value!;
    used.delete(oldestId);
    this.#leave(oldest);
  }

  #leave(labels: HookLabels): void {
    const id = idOf(labels);
    const users = this.#users.get(id)! - 1;
    if (users > 0) {
      this.#users.set(id, users);
      return;
    }
    this.#users.delete(id);
    for (const success of ["true", "false"]) {
      this.#families.hookRuns.remove({ ...labels, success });
      this.#families.hookSeconds.remove({ ...labels, success });
    }
  }
}

function idOf({ hook_name, retry_policy }: HookLabels): string {
  return `${retry_policy} ${hook_name}`;
}
