import type { Settings } from "../../core/setting.ts";

/** What means the same for every store. */
const general = {
  storageAdvAddr: {
    type: "string",
    default: "",
    description:
      "Address that artifacts are published under instead, host:port or a URL; for a controller that runs outside the cluster.",
    flag: "storage-adv-addr",
    variable: "STORAGE_ADV_ADDR",
    pattern: {
      expression: /^(https?:\/\/)?([\w.-]+|\[[\da-fA-F:]+\])(:\d{1,5})?\/?$/,
      words: "an address such as host:8080 or http://host:8080",
    },
  },
  storageMaxBytes: {
    type: "size",
    default: 0,
    minimum: 0,
    description:
      "How many bytes of artifacts are kept before no new one is stored; 0: no limit. What is stored already can be stored again.",
    flag: "storage-max-bytes",
    variable: "STORAGE_MAX_BYTES",
  },
  storeAdopt: {
    type: "boolean",
    default: false,
    description:
      "Take over a store that bears the mark of another cluster, where nothing would be deleted: for one start, after a restore.",
    flag: "store-adopt",
  },
} as const satisfies Settings;

/**
 * Where artifacts are kept and under which URL they are published.
 *
 * @param backends the names in the registry of stores
 */
export function storageSettings(backends: readonly string[]) {
  return {
    storageBackend: {
      type: "string",
      default: "memory",
      description: "Where artifacts are kept.",
      variable: "STORAGE_BACKEND",
      configMapKey: "storage.backend",
      choices: backends,
    },
    artifactUrlMode: {
      type: "string",
      default: "",
      description:
        "Whose address artifacts are published under: that of this pod, or the Service SERVICE_NAME in front of all replicas, each of which answers for every artifact. Unset it is pod, and service for a store that all replicas share (s3, redis).",
      variable: "ARTIFACT_URL_MODE",
      choices: ["pod", "service"],
    },
    artifactCopies: {
      type: "integer",
      default: 2,
      minimum: 1,
      maximum: 10,
      description:
        "How many replicas hold an artifact before it is published, where each has a store of its own; as many as there are, if these are fewer.",
      flag: "artifact-copies",
      variable: "ARTIFACT_COPIES",
    },
    ...general,
  } as const satisfies Settings;
}
