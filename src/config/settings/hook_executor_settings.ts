import type { Settings } from "../../core/setting.ts";

/** The sidecar that runs hooks. */
export const executorSettings = {
  port: {
    type: "integer",
    default: 8082,
    description: "Port to listen on; 0 is any free one.",
    flag: "port",
    minimum: 0,
    maximum: 65_535,
  },
  host: {
    type: "string",
    default: "",
    description:
      "Address to listen on; empty is every address. Hooks are run for this pod alone, whatever the address.",
    flag: "host",
  },
  socket: {
    type: "string",
    default: "",
    description:
      "Also listen on a unix socket with this path, for HOOK_EXECUTOR_ENDPOINT=unix:/path.",
    flag: "socket",
  },
  whitelist: {
    type: "string",
    default: "/etc/hooks/whitelist.yaml",
    description: "Which commands may be run. Followed as it changes; without it none is.",
    flag: "whitelist",
    variable: "HOOK_WHITELIST_PATH",
  },
  hookTokenFile: {
    type: "string",
    default: "",
    description:
      "File with the secret by which the controller is known; without it every process of the pod may run hooks.",
    variable: "HOOK_TOKEN_FILE",
  },
  maxHooks: {
    type: "integer",
    default: 16,
    description: "How many hooks run at once; others wait up to 30 s for their turn.",
    flag: "max-hooks",
    minimum: 1,
    maximum: 1_000,
  },
  hookMemory: {
    type: "size",
    default: 2 * 2 ** 30,
    description:
      "Memory that one process of a hook may take; below the limit of the container, which would end all of it.",
    flag: "hook-memory",
    minimum: 2 ** 20,
  },
  hookFileSize: {
    type: "size",
    default: 2 ** 30,
    description: "The largest file that a hook may write.",
    flag: "hook-file-size",
    minimum: 0,
  },
  hookProcesses: {
    type: "integer",
    default: 512,
    description:
      "Processes and threads of the executor and its hooks together; without effect for root and where others run under the same user.",
    flag: "hook-processes",
    minimum: 16,
  },
  allowRoot: {
    type: "boolean",
    default: false,
    description: "Run as root, which hooks then are too.",
    flag: "allow-root",
  },
  drainTimeout: {
    type: "duration",
    default: 20_000,
    description: "How long hooks may go on after SIGTERM.",
    flag: "drain-timeout",
    minimum: 0,
  },
} as const satisfies Settings;
