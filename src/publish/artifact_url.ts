/** How the host of an artifact URL is chosen (DESIGN §8, `ARTIFACT_URL_MODE`). */
export type UrlMode = "pod" | "service";

/** What decides the base of all artifact URLs of a process. */
export interface UrlBaseOptions {
  readonly mode: UrlMode;
  /** `--storage-adv-addr`: `host[:port]`, with or without a scheme; wins over everything else. */
  readonly advertisedAddress?: string;
  readonly podName: string;
  readonly serviceName: string;
  readonly namespace: string;
  readonly port: number;
  /** Whether our server speaks TLS. */
  readonly secure: boolean;
}

/**
 * The base that a key is appended to, without a trailing slash.
 *
 * An advertised address without a host means localhost, as in Flux (fluxcd/pkg/artifact/config).
 */
export function artifactUrlBase(options: UrlBaseOptions): string {
  const { advertisedAddress, podName, serviceName, namespace, port } = options;
  const scheme = options.secure ? "https" : "http";
  if (advertisedAddress) return withScheme(advertisedAddress, scheme);
  const host = options.mode === "pod" && podName ? `${podName}.${serviceName}` : serviceName;
  return `${scheme}://${host}.${namespace}.svc.cluster.local:${port}`;
}

/** Where consumers download the artifact under a key. */
export function artifactUrl(base: string, key: string): string {
  return `${base}/${key}`;
}

function withScheme(address: string, scheme: "http" | "https"): string {
  const full = /^https?:\/\//.test(address) ? address : `${scheme}://${address}`;
  return full.replace(/^(https?:\/\/)(?=:|$)/, "$1localhost").replace(/\/+$/, "");
}
