import type { Settings } from "../core/setting.ts";

/** How stored artifacts are compared with what is published. */
export const scrubSettings = {
  scrubRate: {
    type: "size",
    default: 8 * 2 ** 20,
    minimum: 64 * 2 ** 10,
    description:
      "How many bytes a second are read, on average, to compare stored artifacts with their published digests.",
    flag: "scrub-rate",
  },
  scrubInterval: {
    type: "duration",
    default: 24 * 3_600_000,
    minimum: 0,
    // A timer holds no more than 2^31 milliseconds.
    maximum: 480 * 3_600_000,
    description:
      "How long after one comparison of all stored artifacts the next begins; the first one follows the start. 0 is off.",
    flag: "scrub-interval",
  },
} as const satisfies Settings;
