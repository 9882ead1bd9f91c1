import type { Settings } from "../../core/setting.ts";

/** What every command that runs hooks may be told of them. */
export const hookSettings = {
  hookTimeout: {
    type: "duration",
    default: 30_000,
    description:
      "How long one run of a hook may take that names no time-out of its own; never longer than 5 minutes.",
    variable: "HOOK_DEFAULT_TIMEOUT",
    configMapKey: "hooks.defaultTimeout",
    minimum: 1,
  },
} as const satisfies Settings;

/** Where hooks run that the controller does not run itself. */
export const hookExecutorSettings = {
  hookWhitelistPath: {
    type: "string",
    default: "/etc/hooks/whitelist.yaml",
    description:
      "Which commands hooks may run; the executor has the same file. Followed as it changes; without it hooks fail, and nothing else.",
    variable: "HOOK_WHITELIST_PATH",
    configMapKey: "hooks.whitelistPath",
  },
  hookExecutorEndpoint: {
    type: "string",
    default: "http://localhost:8082",
    description: "Where the executor of hooks listens: a URL, or unix:/path of a socket.",
    variable: "HOOK_EXECUTOR_ENDPOINT",
    configMapKey: "hooks.sidecarEndpoint",
    pattern: {
      expression: /^(unix:\/.+|http:\/\/([\w.-]+|\[[\da-fA-F:]+\])(:\d{1,5})?\/?)$/,
      words: "a URL such as http://localhost:8082, or unix: and a path",
    },
  },
  hookTokenFile: {
    type: "string",
    default: "",
    description:
      "File that the controller writes a new secret to at every start, by which the executor knows it; in a volume in memory that only the two share.",
    variable: "HOOK_TOKEN_FILE",
  },
} as const satisfies Settings;

/** Hooks of the commands without a cluster, which run them in their own process. */
export const localHookSettings = {
  whitelist: {
    type: "string",
    default: "",
    description:
      "Which commands hooks may run on this machine; without it a source with hooks fails.",
    flag: "whitelist",
  },
} as const satisfies Settings;
