import type { Settings } from "../core/setting.ts";

/** What garbage spares in every store; Flux's own names and defaults. */
export const retentionSettings = {
  artifactRetentionTtl: {
    type: "duration",
    default: 60_000,
    minimum: 0,
    description:
      "How long an artifact is kept after it was last stored or was replaced by another.",
    flag: "artifact-retention-ttl",
  },
  artifactRetentionRecords: {
    type: "integer",
    default: 2,
    minimum: 1,
    description: "How many of the newest artifacts of a source are kept, the current one included.",
    flag: "artifact-retention-records",
  },
} as const satisfies Settings;
