import type { Clock } from "../../src/core/clock.ts";
import type { ArtifactStore } from "../../src/store/artifact_store.ts";
import { redis } from "../../src/store/redis.ts";

type Values = Parameters<typeof redis.open>[0];

const defaults = Object.fromEntries(
  Object.entries(redis.settings).map(([name, setting]) => [name, setting.default]),
) as unknown as Values;

/** Opens a store with these settings and the defaults of the others. */
export function openRedis(values: Partial<Values>, clock: Clock): Promise<ArtifactStore> {
  return redis.open({ ...defaults, ...values }, clock);
}
