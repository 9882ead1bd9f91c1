import type { Settings } from "../../core/setting.ts";

/** How often, how many at once, and what happens after a failure. */
export const reconcileSettings = {
  minInterval: {
    type: "duration",
    default: 60_000,
    description: "The shortest interval; a source that wants a shorter one gets this and an event.",
    flag: "min-interval",
    minimum: 1_000,
  },
  startupSpread: {
    type: "duration",
    default: 300_000,
    description:
      "The longest time over which a start spreads first fetches of sources without an artifact: " +
      "100 a second, more only if that would take longer than this; 0: all at once.",
    flag: "startup-spread",
    minimum: 0,
  },
  concurrent: {
    type: "integer",
    default: 16,
    description: "How many documents are transformed, packed and stored at once.",
    flag: "concurrent",
    minimum: 1,
    maximum: 1_000,
  },
  maxRequests: {
    type: "integer",
    default: 512,
    description: "How many upstream requests are in flight at once; a namespace gets a quarter.",
    flag: "max-requests",
    minimum: 1,
    maximum: 100_000,
  },
  maxSourceSize: {
    type: "size",
    default: 256 * 2 ** 20,
    description: "The largest document; a larger one is cut off and refused.",
    flag: "max-source-size",
    minimum: 1,
  },
  retryMaxAttempts: {
    type: "integer",
    default: 10,
    description:
      "After how many failed reconciles in a row a source is Stalled and tried only at its interval.",
    variable: "RETRY_MAX_ATTEMPTS",
    configMapKey: "retry.maxAttempts",
    minimum: 0,
  },
  retryBaseDelay: {
    type: "duration",
    default: 1_000,
    description: "The wait after the first failure; it doubles with each further one.",
    variable: "RETRY_BASE_DELAY",
    configMapKey: "retry.baseDelay",
    minimum: 1,
  },
  retryMaxDelay: {
    type: "duration",
    default: 300_000,
    description: "The longest wait between retries.",
    variable: "RETRY_MAX_DELAY",
    configMapKey: "retry.maxDelay",
    minimum: 1,
  },
  retryJitterFactor: {
    type: "number",
    default: 0.25,
    description: "By which part of itself a wait is lengthened or shortened at random.",
    variable: "RETRY_JITTER_FACTOR",
    configMapKey: "retry.jitterFactor",
    minimum: 0,
    maximum: 1,
  },
  transformTimeout: {
    type: "duration",
    default: 0,
    description: "Time-out of transforms.",
    variable: "TRANSFORM_TIMEOUT",
    configMapKey: "transform.timeout",
    ignored: "there are no transforms, use hooks",
  },
  transformMemoryLimit: {
    type: "size",
    default: 0,
    description: "Memory limit of transforms.",
    configMapKey: "transform.memoryLimit",
    ignored: "there are no transforms, use hooks",
  },
} as const satisfies Settings;
