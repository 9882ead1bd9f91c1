/** What a connection to an API server needs; read again whenever it may have changed. */
export interface Credentials {
  /** Headers of every request: `authorization`, or what impersonation needs. Never log. */
  readonly headers: Readonly<Record<string, string>>;
  /** PEM; without it the system's roots are trusted. */
  readonly ca?: string;
  /** PEM of a client certificate and its key. */
  readonly cert?: string;
  readonly key?: string;
  /** URL of a proxy. */
  readonly proxy?: string;
}

/** Where credentials come from: the files mounted into a pod, or a person's kubeconfig. */
export interface CredentialSource {
  /** URL of the API server without a trailing slash. */
  readonly server: string;
  /** @param renew whether the server refused the last ones, so that nothing remembered may be used */
  read(renew: boolean): Promise<Credentials>;
}
