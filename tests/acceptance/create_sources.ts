import type { ClusterApi } from "./cluster_api.ts";

/** Sources of one kind. */
export interface SourcesOptions {
  readonly names: readonly string[];
  readonly interval: string;
  /** The document of a source is at the path of its name. */
  readonly origin: string;
  readonly labels?: Readonly<Record<string, string>>;
}

const path = "/apis/source.flux.oddkin.co/v1alpha1/namespaces/default/externalsources";

/** Creates ExternalSources in namespace `default`. */
export async function createSources(
  api: ClusterApi,
  { names, interval, origin, labels = {} }: SourcesOptions,
): Promise<void> {
  await Promise.all(names.map((name) =>
    api.write({
      method: "POST",
      path,
      body: {
        apiVersion: "source.flux.oddkin.co/v1alpha1",
        kind: "ExternalSource",
        metadata: { name, labels },
        spec: { interval, generator: { type: "http", http: { url: `${origin}/${name}` } } },
      },
    })
  ));
}

/** Asks for a fetch as `flux reconcile` does. */
export async function requestSources(
  api: ClusterApi,
  names: readonly string[],
  at: string,
): Promise<void> {
  const annotations = { "reconcile.fluxcd.io/requestedAt": at };
  await Promise.all(
    names.map((name) =>
      api.write({ method: "PATCH", path: `${path}/${name}`, body: { metadata: { annotations } } })
    ),
  );
}
