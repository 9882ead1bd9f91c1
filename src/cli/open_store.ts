import type { SettingValues } from "../core/setting.ts";
import type { Clock } from "../core/clock.ts";
import { storeDefinitions } from "../store/registry.ts";
import { FallbackStore } from "../store/fallback_store.ts";

/** Bytes of artifacts that are kept while the store does not take them. */
const fallbackBytes = 64 * 2 ** 20;

type StoreValues = SettingValues<
  typeof storeDefinitions.memory.settings & typeof storeDefinitions.pvc.settings
>;

/**
 * Opens the store that the settings name.
 *
 * @throws {StepError} class `storage` if it cannot be used
 */
export async function openStore(
  values: StoreValues & { readonly storageBackend: string },
  { clock, spoolDirectory }: { readonly clock: Clock; readonly spoolDirectory: string },
): Promise<FallbackStore> {
  const definition = values.storageBackend === "pvc"
    ? storeDefinitions.pvc
    : storeDefinitions.memory;
  const store = await definition.open(values, clock);
  const directory = `${spoolDirectory}/unstored`;
  await Deno.mkdir(directory);
  return new FallbackStore(store, { directory, limitBytes: fallbackBytes });
}
