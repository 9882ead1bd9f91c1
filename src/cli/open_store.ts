import type { Clock } from "../core/clock.ts";
import { storeDefinition, type StoreSettingValues } from "../store/registry.ts";
import { rememberStats } from "../store/remembered_stats.ts";
import type { ArtifactStore } from "../store/artifact_store.ts";
import { FallbackStore } from "../store/fallback_store.ts";

/** Bytes of artifacts that are kept while the store does not take them. */
const fallbackBytes = 64 * 2 ** 20;

/** A store, and what stands in front of it. */
export interface OpenedStore {
  readonly store: FallbackStore;
  /** The store with nothing in front of it. */
  readonly bareStore: ArtifactStore;
}

/**
 * Opens the store that the settings name.
 *
 * @throws {StepError} class `storage` if it cannot be used
 */
export async function openStore(
  values: StoreSettingValues & { readonly storageBackend: string },
  { clock, spoolDirectory }: { readonly clock: Clock; readonly spoolDirectory: string },
): Promise<OpenedStore> {
  const definition = storeDefinition(values.storageBackend);
  const bareStore = await definition.open(values, clock);
  const directory = `${spoolDirectory}/unstored`;
  await Deno.mkdir(directory);
  const remembering = definition.shared ? rememberStats(bareStore, clock) : bareStore;
  return {
    store: new FallbackStore(remembering, { directory, limitBytes: fallbackBytes }),
    bareStore,
  };
}
