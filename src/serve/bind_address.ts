/** Where to listen; an empty host means every address of the machine, port 0 any free port. */
export interface BindAddress {
  readonly hostname: string;
  readonly port: number;
}

const form = /^(?:\[([0-9A-Fa-f:.%a-z]+)\]|([^:[\]]*)):([0-9]{1,5})$/;

/**
 * Reads an address as Go's flags have it: `:8081`, `0.0.0.0:8080`, `[::1]:0`.
 *
 * @returns undefined if it is none; `0`, which switches a server off, is for the caller to see first
 */
export function parseBindAddress(text: string): BindAddress | undefined {
  const match = form.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) return undefined;
  return { hostname: match[1] ?? match[2]!, port };
}

/** An address as flags and URLs have it: an IPv6 host stands in brackets. */
export function formatBindAddress({ hostname, port }: BindAddress): string {
  return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}
