import type { Clock } from "../core/clock.ts";
import type { Settings, SettingValues } from "../core/setting.ts";
import type { ArtifactStore } from "./artifact_store.ts";

/** How a user names one store of a kind, where two are spoken of: `store copy FROM TO`. */
export interface StoreLocation {
  /** For help and errors: `pvc:/path`. */
  readonly form: string;
  /**
   * What such a text gives, by the name of the setting and as a user would write it; what it leaves out is read as ever.
   * Undefined if it has another form.
   */
  read(text: string): Readonly<Record<string, string>> | undefined;
}

/** A store before its settings are known: what `registry.ts` lists. */
export interface StoreDefinition<Described extends Settings = Settings> {
  /** What an operator may set for it. */
  readonly settings: Described;
  /** Whether what it holds outlives the process. */
  readonly durable: boolean;
  /** Whether every replica sees the same artifacts; else each has its own, or a volume that may be shared or not. */
  readonly shared: boolean;
  /** What is wrong with settings that are each right alone, a line each with what to do; asked before `open`. */
  mistakes?(values: SettingValues<Described>): readonly string[];
  /** @throws {StepError} class `storage` if it cannot be used, with what to do */
  open(values: SettingValues<Described>, clock: Clock): Promise<ArtifactStore>;
  /** None where nothing outlives the process. */
  readonly location?: StoreLocation;
  /**
   * Opens what is there to be read and nothing else: makes nothing and needs no right to write. Where it is left out,
   * `open` does no more either.
   *
   * @throws {StepError} class `configuration` if there is nothing
   */
  openToRead?(values: SettingValues<Described>, clock: Clock): Promise<ArtifactStore>;
}

/** Keeps the types of a definition's own settings. */
export function defineStore<Described extends Settings>(
  definition: StoreDefinition<Described>,
): StoreDefinition<Described> {
  return definition;
}
