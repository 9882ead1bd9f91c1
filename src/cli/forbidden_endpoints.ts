/**
 * Addresses that no upstream may lead to: the API server and our own servers, at every address of this machine (DESIGN §9).
 *
 * @param ownServers `host:port` of each, as it listens
 */
export function forbiddenEndpoints(apiServer: string, ownServers: readonly string[]): string[] {
  const { hostname, port, protocol } = new URL(apiServer);
  const addresses = Deno.networkInterfaces().map(({ address, family }) =>
    family === "IPv6" ? `[${address}]` : address
  );
  return [
    `${hostname}:${port || (protocol === "http:" ? 80 : 443)}`,
    ...addresses.flatMap((address) => ownServers.map((own) => `${address}:${portOf(own)}`)),
  ];
}

function portOf(bindAddress: string): string {
  return bindAddress.slice(bindAddress.lastIndexOf(":") + 1);
}
