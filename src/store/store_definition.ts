import type { Clock } from "../core/clock.ts";
import type { Settings, SettingValues } from "../core/setting.ts";
import type { ArtifactStore } from "./artifact_store.ts";

/** A store before its settings are known: what `registry.ts` lists. */
export interface StoreDefinition<Described extends Settings = Settings> {
  /** What an operator may set for it. */
  readonly settings: Described;
  /** Whether what it holds outlives the process. */
  readonly durable: boolean;
  /** Whether every replica sees the same artifacts; else each has its own, or a volume that may be shared or not. */
  readonly shared: boolean;
  /** @throws {StepError} class `storage` if it cannot be used, with what to do */
  open(values: SettingValues<Described>, clock: Clock): Promise<ArtifactStore>;
}

/** Keeps the types of a definition's own settings. */
export function defineStore<Described extends Settings>(
  definition: StoreDefinition<Described>,
): StoreDefinition<Described> {
  return definition;
}
