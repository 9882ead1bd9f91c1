/** Identity of an ExternalSource within a cluster: `namespace/name`. */
export type SourceKey = `${string}/${string}`;

/** What every namespaced object has. */
export interface NamespacedName {
  readonly namespace: string;
  readonly name: string;
}

/** The key of an object by its namespace and name. */
export function sourceKey({ namespace, name }: NamespacedName): SourceKey {
  return `${namespace}/${name}`;
}

/** The namespace and name of a key. */
export function splitSourceKey(key: SourceKey): NamespacedName {
  const slash = key.indexOf("/");
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
