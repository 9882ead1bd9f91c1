import type { Settings } from "../core/setting.ts";

/** How replicas find and replace each other. */
export const shardSettings = {
  leaseDuration: {
    type: "duration",
    default: 15_000,
    description:
      "How long after its last sign of life a replica's sources go to others; it renews its Lease three times as often.",
    flag: "lease-duration",
    minimum: 3_000,
    maximum: 300_000,
  },
  takeoverDelay: {
    type: "duration",
    default: 0,
    description:
      "How much longer others wait before they take over the sources of a replica that ended, so that one which restarts keeps its own.",
    flag: "takeover-delay",
    minimum: 0,
    maximum: 3_600_000,
  },
  podIp: {
    type: "string",
    default: "",
    description:
      "Address at which other replicas reach the artifact server of this one; by default that of the pod's network interface.",
    variable: "POD_IP",
    pattern: { expression: /^[0-9a-fA-F:.]*$/, words: "an IP address" },
  },
} as const satisfies Settings;
