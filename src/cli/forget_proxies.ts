/** Deno's own fetch obeys these for every request, even to loopback and to the API server. */
const names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];

/**
 * Removes the proxy variables from the environment of the process; to be called before the first fetch. The settings
 * have them from the environment that the process was started with (DESIGN §9).
 */
export function forgetProxies(environment: Pick<Deno.Env, "delete"> = Deno.env): void {
  for (const name of names) {
    environment.delete(name);
    environment.delete(name.toLowerCase());
  }
}
