import { ConfigError } from "../config/config_error.ts";
import { artifactUrlBase, type UrlMode } from "../publish/artifact_url.ts";
import { storeDefinition } from "../store/registry.ts";
import { type ClusterPlace, isInPod } from "./cluster_connection.ts";
import type { ControllerValues } from "./operator_settings.ts";

type PlaceValues = Pick<ControllerValues, "podName" | "storageAdvAddr">;

/**
 * Whether nothing may be written (DESIGN §10): outside a pod nobody reaches the URLs that would be published, unless
 * --storage-adv-addr or POD_NAME says otherwise.
 */
export function isReadOnly({ podName, storageAdvAddr }: PlaceValues, place: ClusterPlace): boolean {
  return !isInPod(place) && podName === "" && storageAdvAddr === "";
}

/** @throws {ConfigError} if a pod does not know its name but publishes URLs that begin with it, or the store lacks settings */
export function checkPlace(values: ControllerValues, place: ClusterPlace): void {
  const mistakes = storeDefinition(values.storageBackend).mistakes?.(values) ?? [];
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  const unnamed = isInPod(place) && values.podName === "" && values.storageAdvAddr === "";
  if (unnamed && values.storageBackend === "pvc" && urlMode(values) === "pod") {
    throw new ConfigError([
      "Cannot publish artifacts of the pvc store: set variable POD_NAME (from metadata.name), or ARTIFACT_URL_MODE to service",
    ]);
  }
}

/** The base of the URLs that a controller publishes, by DESIGN §8. */
export function controllerUrlBase(
  values: ControllerValues,
  { port }: { readonly port: number | undefined },
): string {
  if (port === undefined) return "memory://localhost";
  return artifactUrlBase({
    mode: urlMode(values),
    advertisedAddress: values.storageAdvAddr,
    podName: values.podName,
    serviceName: values.serviceName,
    namespace: values.podNamespace,
    port,
    secure: values.artifactServerCertPath !== "",
  });
}

function urlMode(
  { artifactUrlMode, storageBackend }: Pick<ControllerValues, "artifactUrlMode" | "storageBackend">,
): UrlMode {
  if (artifactUrlMode === "pod" || artifactUrlMode === "service") return artifactUrlMode;
  return storeDefinition(storageBackend).shared ? "service" : "pod";
}

/** The only namespace that is watched; empty: all. */
export function watchedNamespace(
  { watchNamespace, watchAllNamespaces, podNamespace }: Pick<
    ControllerValues,
    "watchNamespace" | "watchAllNamespaces" | "podNamespace"
  >,
): string {
  return watchNamespace || (watchAllNamespaces ? "" : podNamespace);
}
