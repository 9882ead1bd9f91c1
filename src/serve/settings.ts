import type { Settings } from "../core/setting.ts";

/** The artifact server. */
export const serveSettings = {
  artifactServerEnabled: {
    type: "boolean",
    default: true,
    description: "Serve artifacts over HTTP; if false, their URLs reach nobody.",
    flag: "artifact-server-enabled",
    variable: "ARTIFACT_SERVER_ENABLED",
    configMapKey: "artifactServer.enabled",
  },
  artifactServerPort: {
    type: "integer",
    default: 8080,
    description: "Port of the artifact server; 0 is any free one.",
    flag: "artifact-server-port",
    variable: "ARTIFACT_SERVER_PORT",
    configMapKey: "artifactServer.port",
    minimum: 0,
    maximum: 65_535,
  },
  artifactServerHost: {
    type: "string",
    default: "",
    description: "Address that the artifact server listens on; empty is every address.",
    flag: "artifact-server-host",
    variable: "ARTIFACT_SERVER_HOST",
  },
  artifactLatest: {
    type: "boolean",
    default: false,
    description:
      "Also answer /artifacts/{namespace}/{name}/latest.tar.gz with the current artifact of a source.",
    flag: "artifact-latest",
    variable: "ARTIFACT_LATEST",
  },
  drainTimeout: {
    type: "duration",
    default: 30_000,
    description: "How long downloads may go on after SIGTERM.",
    flag: "drain-timeout",
    variable: "DRAIN_TIMEOUT",
    minimum: 0,
  },
} as const satisfies Settings;
