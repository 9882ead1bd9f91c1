import type { RequestOptions } from "node:https";
import type { KubeConfig } from "./kubeconfig.ts";
import { configurationError } from "../../core/step_error.ts";
import type { Credentials, CredentialSource } from "./credentials.ts";

/** Which kubeconfig, and what of it. */
export interface KubeconfigOptions {
  /** Path of the file; unset, client-node looks where kubectl does (`KUBECONFIG`, `~/.kube/config`). */
  readonly file?: string;
  /** Unset, the file's current context. */
  readonly context?: string;
}

async function loadKubeconfig({ file, context }: KubeconfigOptions) {
  // Costs 80 MB of memory, so it is not loaded in a pod.
  const { KubeConfig } = await import("./kubeconfig.ts");
  const config = new KubeConfig();
  if (file === undefined) config.loadFromDefault();
  else config.loadFromFile(file);
  if (context !== undefined) config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  if (!cluster) throw configurationError("InvalidKubeconfig", stateWithoutCluster(config));
  return { config, cluster };
}

function stateWithoutCluster(config: KubeConfig): string {
  const name: string | undefined = config.getCurrentContext();
  if (!name) return "it has no current-context; kubectl config use-context NAME chooses one";
  const context = config.getContextObject(name);
  const names = config.getContexts().map((each) => each.name).join(", ") || "none";
  return context
    ? `its context "${name}" names the cluster "${context.cluster}", which it does not have`
    : `it has no context "${name}", which it names as its current one; it has: ${names}`;
}

type LoadedKubeconfig = Awaited<ReturnType<typeof loadKubeconfig>>;

/** Deno's TLS always verifies, by the name in the URL: what a kubeconfig may ask beyond that is refused, not ignored. */
function refuseUnsupported({ cluster }: LoadedKubeconfig): void {
  const unsupported = [
    [cluster.skipTLSVerify, "insecure-skip-tls-verify", "certificate-authority-data"],
    [cluster.tlsServerName, "tls-server-name", "a server URL with that name"],
  ] as const;
  for (const [isSet, field, instead] of unsupported) {
    if (!isSet) continue;
    throw configurationError(
      "InvalidKubeconfig",
      `its cluster "${cluster.name}" has ${field}, which is not supported; use ${instead}`,
    );
  }
}

function readPem(file: string | undefined, data: string | undefined): string | undefined {
  if (file) return Deno.readTextFileSync(file);
  return data ? atob(data) : undefined;
}

const asText = (value: unknown): string | undefined =>
  typeof value === "string" || value instanceof Uint8Array ? value.toString() : undefined;

function asHeaders(headers: RequestOptions["headers"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
}

/** exec and OIDC plugins put their token or certificate into the options of a request that is never sent. */
async function readCredentials({ config, cluster }: LoadedKubeconfig): Promise<Credentials> {
  const options: RequestOptions = { headers: {} };
  await config.applyToHTTPSOptions(options);
  const ca = readPem(cluster.caFile, cluster.caData);
  const [cert, key] = [asText(options.cert), asText(options.key)];
  return {
    headers: {
      ...(options.auth ? { authorization: `Basic ${btoa(options.auth)}` } : {}),
      ...asHeaders(options.headers),
    },
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(cluster.proxyUrl ? { proxy: cluster.proxyUrl } : {}),
  };
}

/**
 * The cluster and user of a person's kubeconfig, by the official client, whose exec and OIDC plugins may start programs.
 *
 * @throws {StepError} `InvalidKubeconfig`, if it names no cluster or asks for what Deno's TLS cannot do; its message is the
 * state of the kubeconfig, to follow "Cannot …: "
 */
export async function kubeconfigCredentials(options: KubeconfigOptions): Promise<CredentialSource> {
  let loaded = await loadKubeconfig(options);
  refuseUnsupported(loaded);
  return {
    server: loaded.cluster.server.replace(/\/+$/, ""),
    async read(renew) {
      if (renew) loaded = await loadKubeconfig(options);
      return await readCredentials(loaded);
    },
  };
}
