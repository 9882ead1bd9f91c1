const answeringAtLocalhost = ["", "0.0.0.0", "::", "localhost", "127.0.0.1", "::1"];

/**
 * The base of the URLs that `local` prints: `http://localhost:PORT`, unless the server listens on another address of this
 * machine only; without a server they lead nowhere.
 */
export function localUrlBase(host: string, port: number | undefined): string {
  if (port === undefined) return "memory://localhost";
  if (answeringAtLocalhost.includes(host)) return `http://localhost:${port}`;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
