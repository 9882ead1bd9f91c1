import type { Clock } from "../core/clock.ts";
import { storeDefinition, type StoreSettingValues } from "../store/registry.ts";
import { RememberedStats } from "../store/remembered_stats.ts";
import type { ArtifactStore } from "../store/artifact_store.ts";
import type { SettingValues } from "../core/setting.ts";
import { ArtifactCache } from "../store/cache/artifact_cache.ts";
import type { cacheSettings } from "../store/cache/cache_settings.ts";
import { CachedStore } from "../store/cache/cached_store.ts";
import { LimitedStore } from "../store/limited_store.ts";
import { FallbackStore } from "../store/fallback_store.ts";

/** Bytes of artifacts that are kept while the store does not take them. */
const fallbackBytes = 64 * 2 ** 20;

/** A store, and what stands in front of it. */
export interface OpenedStore {
  readonly store: FallbackStore;
  /** The store with nothing in front of it. */
  readonly bareStore: ArtifactStore;
}

/** What decides what stands in front of it. */
export type OpenStoreValues =
  & StoreSettingValues
  & SettingValues<typeof cacheSettings>
  & { readonly storageBackend: string; readonly storageMaxBytes: number };

/** Where it keeps files, and whom it tells. */
export interface OpenStoreOptions {
  readonly clock: Clock;
  readonly spoolDirectory: string;
  /** A store far away gave other bytes than were put. */
  readonly onCorrupt: (key: string) => void;
}

/**
 * Opens the store that the settings name.
 *
 * @throws {StepError} class `storage` if it cannot be used
 */
export async function openStore(
  values: OpenStoreValues,
  options: OpenStoreOptions,
): Promise<OpenedStore> {
  const { clock, spoolDirectory } = options;
  const { open, shared } = storeDefinition(values.storageBackend);
  const bareStore = await open(values, clock);
  const directory = `${spoolDirectory}/unstored`;
  await Deno.mkdir(directory);
  const { storageMaxBytes: maxBytes } = values;
  const limited = maxBytes > 0 ? new LimitedStore(bareStore, { maxBytes, clock }) : bareStore;
  const store = shared ? await cached(limited, values, options) : limited;
  return { store: new FallbackStore(store, { directory, limitBytes: fallbackBytes }), bareStore };
}

/** A store at the other end of a network: asked once for what many want. */
async function cached(
  store: ArtifactStore,
  { artifactCacheSize: limitBytes }: OpenStoreValues,
  { clock, spoolDirectory, onCorrupt }: OpenStoreOptions,
): Promise<ArtifactStore> {
  const directory = `${spoolDirectory}/cache`;
  await Deno.mkdir(directory);
  const cache = new ArtifactCache({ directory, limitBytes });
  return new RememberedStats(new CachedStore({ store, cache, clock, onCorrupt }), clock);
}
