import type { Settings, SettingValues } from "../../core/setting.ts";

const addressSettings = {
  fetchAllowLoopback: {
    type: "boolean",
    default: false,
    flag: "fetch-allow-loopback",
    description: "Allow upstreams on loopback addresses of the controller itself.",
  },
  fetchDenyCidr: {
    type: "list",
    default: [],
    flag: "fetch-deny-cidr",
    description:
      "Networks no upstream may be in, beside those that are always refused (metadata services, link-local, multicast). `0.0.0.0/0,::/0` refuses all that is not allowed.",
  },
  fetchAllowCidr: {
    type: "list",
    default: [],
    flag: "fetch-allow-cidr",
    description: "Networks exempt from --fetch-deny-cidr; not from what is always refused.",
  },
  fetchAllowHost: {
    type: "list",
    default: [],
    flag: "fetch-allow-host",
    description:
      "Host names (`api.example.com`, or `*.example.com` for all below it) exempt from --fetch-deny-cidr whatever their addresses are; not from what is always refused.",
  },
  fetchProxyTrusted: {
    type: "boolean",
    default: false,
    flag: "fetch-proxy-trusted",
    description:
      "Leave it to the proxy to refuse addresses of host names that only the proxy can resolve.",
  },
} as const satisfies Settings;

const proxySettings = {
  httpProxy: {
    type: "string",
    default: "",
    variable: "HTTP_PROXY",
    variableAliases: ["http_proxy"],
    secret: true,
    description: "Proxy for http upstreams: `http://[user:password@]host:port` or https.",
  },
  httpsProxy: {
    type: "string",
    default: "",
    variable: "HTTPS_PROXY",
    variableAliases: ["https_proxy"],
    secret: true,
    description: "Proxy for https upstreams, through which a tunnel is made (CONNECT).",
  },
  noProxy: {
    type: "string",
    default: "",
    variable: "NO_PROXY",
    variableAliases: ["no_proxy"],
    description:
      "Comma-separated upstreams to reach without a proxy: `example.com` and all below it, `.example.com` all below it only, an address, a CIDR, each with or without `:port`, or `*`. Loopback never goes to a proxy.",
  },
} as const satisfies Settings;

const connectionSettings = {
  timeout: {
    type: "duration",
    default: 30_000,
    minimum: 1,
    variable: "HTTP_TIMEOUT",
    configMapKey: "http.timeout",
    description:
      "Longest time to the response headers, redirects included, and without any data after that. A document may take longer only while it comes at 64 KiB/s or more.",
  },
  idleConnTimeout: {
    type: "duration",
    default: 90_000,
    variable: "HTTP_IDLE_CONN_TIMEOUT",
    configMapKey: "http.idleConnTimeout",
    description: "How long an unused connection to an upstream is kept; 0 means without limit.",
  },
  maxIdleConns: {
    type: "integer",
    default: 100,
    minimum: 0,
    variable: "HTTP_MAX_IDLE_CONNS",
    configMapKey: "http.maxIdleConns",
    description: "Unused connections kept in total; 0 means without limit.",
  },
  maxIdleConnsPerHost: {
    type: "integer",
    default: 10,
    minimum: 0,
    variable: "HTTP_MAX_IDLE_CONNS_PER_HOST",
    configMapKey: "http.maxIdleConnsPerHost",
    description: "Unused connections kept per upstream; 0 means 2, as in Go.",
  },
  maxConnsPerHost: {
    type: "integer",
    default: 100,
    minimum: 0,
    variable: "HTTP_MAX_CONNS_PER_HOST",
    configMapKey: "http.maxConnsPerHost",
    description: "Connections per upstream; further requests wait. 0 means without limit.",
  },
} as const satisfies Settings;

/** What an operator of the controller may set for all HTTP sources. */
export const httpSettings = {
  ...connectionSettings,
  userAgent: {
    type: "string",
    default: "externalsource-controller/1.0",
    variable: "HTTP_USER_AGENT",
    configMapKey: "http.userAgent",
    description: "The User-Agent header, unless a header Secret has one.",
  },
  maxRetryAfter: {
    type: "duration",
    default: 86_400_000,
    minimum: 1,
    flag: "max-retry-after",
    description: "Longest wait that an upstream may ask for with Retry-After or RateLimit headers.",
  },
  ...addressSettings,
  ...proxySettings,
} as const satisfies Settings;

/** Their values. */
export type HttpSettingValues = SettingValues<typeof httpSettings>;
