import type { Settings } from "../../core/setting.ts";

/** The cache in front of a store at the other end of a network. */
export const cacheSettings = {
  artifactCacheSize: {
    type: "size",
    default: 512 * 2 ** 20,
    description:
      "Bytes of artifacts of an s3 or redis store that are kept on the local disk; 0 keeps none.",
    flag: "artifact-cache-size",
    variable: "ARTIFACT_CACHE_SIZE",
    minimum: 0,
  },
} as const satisfies Settings;
