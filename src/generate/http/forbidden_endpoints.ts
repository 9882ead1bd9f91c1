import type { Clock } from "../../core/clock.ts";
import { addressViews, type IpAddress, parseIpAddress } from "./ip_address.ts";
import type { Lookup } from "./resolve_host.ts";

interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** Of a host that is a literal address. */
  readonly address: IpAddress | undefined;
}

/** What {@linkcode ForbiddenEndpoints} needs of the world. */
export interface ForbiddenEndpointOptions {
  readonly clock: Clock;
  readonly lookup: Lookup;
}

/** How long the addresses of a forbidden name are taken for known; a moved API server is protected again after it. */
const knownForMs = 60_000;

const normalizeHost = (host: string) => host.toLowerCase().replace(/\.$/, "");

function parseEndpoint(text: string): Endpoint {
  const colon = text.lastIndexOf(":");
  const host = normalizeHost(text.slice(0, colon));
  return { host, port: Number(text.slice(colon + 1)), address: parseIpAddress(host) };
}

/** The API server and our own servers: no upstream may lead to their address *and* port (DESIGN §9). */
export class ForbiddenEndpoints {
  readonly #endpoints: readonly Endpoint[];
  readonly #options: ForbiddenEndpointOptions;
  readonly #known = new Map<string, { readonly until: number; readonly views: IpAddress[] }>();

  /** @param endpoints `host:port`; the host is a name or an address */
  constructor(endpoints: readonly string[], options: ForbiddenEndpointOptions) {
    this.#endpoints = endpoints.map(parseEndpoint);
    this.#options = options;
  }

  /** Whether a URL names one of them itself. */
  names(host: string, port: number): boolean {
    const literal = parseIpAddress(host);
    const views = literal === undefined ? [] : addressViews(literal);
    return this.#on(port).some((endpoint) =>
      endpoint.host === normalizeHost(host) ||
      (endpoint.address !== undefined && views.includes(endpoint.address))
    );
  }

  /** Whether an address that a name leads to is one of them, or of a name of them. */
  async has(address: string, port: number): Promise<boolean> {
    const parsed = parseIpAddress(address);
    const views = parsed === undefined ? [] : addressViews(parsed);
    for (const endpoint of this.#on(port)) {
      const own = endpoint.address === undefined
        ? await this.#viewsOf(endpoint.host)
        : [endpoint.address];
      if (own.some((each) => views.includes(each))) return true;
    }
    return false;
  }

  #on(port: number): readonly Endpoint[] {
    return this.#endpoints.filter((endpoint) => endpoint.port === port);
  }

  async #viewsOf(host: string): Promise<readonly IpAddress[]> {
    const known = this.#known.get(host);
    if (known && known.until > this.#options.clock.now()) return known.views;
    // A name that cannot be resolved leads no upstream anywhere; it is asked again next time.
    const addresses = await this.#options.lookup(host).catch(() => undefined);
    if (!addresses) return known?.views ?? [];
    const views = addresses.flatMap((each) => addressViews(parseIpAddress(each) ?? -1n));
    this.#known.set(host, { until: this.#options.clock.now() + knownForMs, views });
    return views;
  }
}
