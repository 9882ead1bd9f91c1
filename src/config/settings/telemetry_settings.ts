import type { Settings } from "../../core/setting.ts";

const port = "(?:\\d{1,4}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5])";
const address = {
  expression: new RegExp(`^(0|([\\w.-]*|\\[[\\da-fA-F:]*\\]):${port})$`),
  words: "an address such as :8081 or 127.0.0.1:8081, or 0 for off",
} as const;

/** Log, metrics, probes and events. */
export const telemetrySettings = {
  logLevel: {
    type: "string",
    default: "info",
    description: "The least severe lines that are logged.",
    flag: "zap-log-level",
    flagAliases: ["log-level"],
    pattern: {
      expression: /^(trace|debug|info|warn|error|dpanic|panic|fatal|\d{1,3})$/i,
      words: "one of debug, info, warn, error, panic, or a whole number for the verbosity",
    },
  },
  logEncoding: {
    type: "string",
    default: "json",
    description: "The form of log lines.",
    flag: "zap-encoder",
    flagAliases: ["log-encoding"],
    choices: ["json", "console"],
  },
  zapDevel: {
    type: "boolean",
    default: false,
    description: "Development mode of the log.",
    flag: "zap-devel",
    ignored: "level and form are set by --zap-log-level and --zap-encoder alone",
  },
  zapStacktraceLevel: {
    type: "string",
    default: "",
    description: "From which level on a stack is logged.",
    flag: "zap-stacktrace-level",
    ignored: "a stack is logged with bugs of the controller, and only with them",
  },
  zapTimeEncoding: {
    type: "string",
    default: "",
    description: "The form of times in the log.",
    flag: "zap-time-encoding",
    ignored: "times are RFC 3339",
  },
  metricsEnabled: {
    type: "boolean",
    default: true,
    description: "Serve metrics, if there is an address for them.",
    variable: "METRICS_ENABLED",
    configMapKey: "metrics.enabled",
  },
  metricsBindAddress: {
    type: "string",
    default: "0",
    description: "Address of the metrics; 0 is off.",
    flag: "metrics-bind-address",
    pattern: address,
  },
  metricsSecure: {
    type: "boolean",
    default: true,
    description:
      "Serve metrics over HTTPS, and only to bearers of a token of the cluster who may get /metrics (TokenReview and SubjectAccessReview).",
    flag: "metrics-secure",
  },
  metricsCertPath: {
    type: "string",
    default: "",
    description:
      "Directory with the certificate of the metrics and its key; without it one is made at start, which proves nothing.",
    flag: "metrics-cert-path",
  },
  metricsCertName: {
    type: "string",
    default: "tls.crt",
    description: "Name of the file with the certificate; it is read again when it changes.",
    flag: "metrics-cert-name",
  },
  metricsCertKey: {
    type: "string",
    default: "tls.key",
    description: "Name of the file with its key.",
    flag: "metrics-cert-key",
  },
  metricsInterval: {
    type: "duration",
    default: 15_000,
    description: "How often metrics are collected.",
    variable: "METRICS_INTERVAL",
    configMapKey: "metrics.interval",
    ignored: "metrics are collected when they are read",
  },
  enableHttp2: {
    type: "boolean",
    default: false,
    description: "HTTP/2 for metrics and webhooks.",
    flag: "enable-http2",
    ignored: "metrics are served over HTTP/1.1",
  },
  healthProbeBindAddress: {
    type: "string",
    default: ":8081",
    description: "Address of /healthz and /readyz; 0 is off.",
    flag: "health-probe-bind-address",
    pattern: address,
  },
  eventsAddr: {
    type: "string",
    default: "",
    description: "URL of Flux's notification-controller, to which events are posted.",
    flag: "events-addr",
    pattern: {
      expression: /^https?:\/\/[^\s/]+(\/\S*)?$/,
      words: "a URL such as http://notification-controller.flux-system.svc.cluster.local./",
    },
  },
} as const satisfies Settings;
