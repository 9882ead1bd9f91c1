import type { Clock } from "../core/clock.ts";
import { storeDefinition, type StoreSettingValues } from "../store/registry.ts";
import { FallbackStore } from "../store/fallback_store.ts";

/** Bytes of artifacts that are kept while the store does not take them. */
const fallbackBytes = 64 * 2 ** 20;

/**
 * Opens the store that the settings name.
 *
 * @throws {StepError} class `storage` if it cannot be used
 */
export async function openStore(
  values: StoreSettingValues & { readonly storageBackend: string },
  { clock, spoolDirectory }: { readonly clock: Clock; readonly spoolDirectory: string },
): Promise<FallbackStore> {
  const store = await storeDefinition(values.storageBackend).open(values, clock);
  const directory = `${spoolDirectory}/unstored`;
  await Deno.mkdir(directory);
  return new FallbackStore(store, { directory, limitBytes: fallbackBytes });
}
