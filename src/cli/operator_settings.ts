import type { SettingValues } from "../core/setting.ts";
import { clusterSettings } from "../config/settings/cluster_settings.ts";
import { hookExecutorSettings, hookSettings } from "../config/settings/hook_settings.ts";
import { reconcileSettings } from "../config/settings/reconcile_settings.ts";
import { storageSettings } from "../config/settings/storage_settings.ts";
import { telemetrySettings } from "../config/settings/telemetry_settings.ts";
import { generatorDefinitions } from "../generate/registry.ts";
import { accessSettings } from "../serve/access_settings.ts";
import { serveSettings } from "../serve/settings.ts";
import { shardSettings } from "../shard/settings.ts";
import { allStoreSettings, storeDefinitions } from "../store/registry.ts";
import { cacheSettings } from "../store/cache/cache_settings.ts";
import { retentionSettings } from "../store/retention_settings.ts";
import { scrubSettings } from "../store/scrub_settings.ts";

const storage = storageSettings(Object.keys(storeDefinitions));

/** The settings of `controller`, under the headings of its help and of `docs/reference/settings.md`. */
export const controllerSettingGroups = {
  "Sources and retries": reconcileSettings,
  "Upstream requests": generatorDefinitions.http.settings,
  "Hooks": { ...hookSettings, ...hookExecutorSettings },
  "Storage": {
    ...storage,
    ...allStoreSettings,
    ...cacheSettings,
    ...retentionSettings,
    ...scrubSettings,
  },
  "Serving artifacts": { ...serveSettings, ...accessSettings },
  "Log, metrics, probes and events": telemetrySettings,
  "Replicas": shardSettings,
  "Cluster": clusterSettings,
} as const;

/** All of them by the name that the code uses. */
export const controllerSettings = {
  ...reconcileSettings,
  ...generatorDefinitions.http.settings,
  ...hookSettings,
  ...hookExecutorSettings,
  ...storage,
  ...allStoreSettings,
  ...cacheSettings,
  ...retentionSettings,
  ...scrubSettings,
  ...serveSettings,
  ...accessSettings,
  ...telemetrySettings,
  ...shardSettings,
  ...clusterSettings,
} as const;

/** Their values. */
export type ControllerValues = SettingValues<typeof controllerSettings>;
