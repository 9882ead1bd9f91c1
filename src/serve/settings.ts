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
  artifactServerCertPath: {
    type: "string",
    default: "",
    description:
      "Directory with a certificate and its key: the artifact server then speaks TLS only. Stock Flux trusts only the authorities of its image, and no others for artifacts.",
    flag: "artifact-server-cert-path",
    variable: "ARTIFACT_SERVER_CERT_PATH",
  },
  artifactServerCertName: {
    type: "string",
    default: "tls.crt",
    description: "Name of the file with the certificate; it is read again when it changes.",
    flag: "artifact-server-cert-name",
    variable: "ARTIFACT_SERVER_CERT_NAME",
  },
  artifactServerCertKey: {
    type: "string",
    default: "tls.key",
    description: "Name of the file with its key.",
    flag: "artifact-server-cert-key",
    variable: "ARTIFACT_SERVER_CERT_KEY",
  },
  artifactServerTokenFile: {
    type: "string",
    default: "",
    description:
      "File with a bearer token that every download has to send; read again when it changes. Stock Flux sends none, so it cannot download then.",
    flag: "artifact-server-token-file",
    variable: "ARTIFACT_SERVER_TOKEN_FILE",
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
