import type { Settings } from "../core/setting.ts";

/** Who may download from the artifact server, and how it shows who it is. */
export const accessSettings = {
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
} as const satisfies Settings;
