import type { AddressRules } from "./address_rules.ts";
import type { ForbiddenEndpoints } from "./forbidden_endpoints.ts";
import { rejected } from "./http_failure.ts";
import { parseIpAddress } from "./ip_address.ts";
import { type Lookup, resolveHost } from "./resolve_host.ts";

/** A host as it stands in a URL, and the port. */
export interface HostPort {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** The parts of an {@linkcode AddressGuard}. */
export interface AddressGuardOptions {
  readonly rules: AddressRules;
  readonly forbidden: ForbiddenEndpoints;
  readonly lookup: Lookup;
}

const ownServer = "it is a server of this cluster's control plane or of this controller";

/** Host and port of a URL, the port never left out. */
export function hostPortOf(url: URL): HostPort {
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(url.port) || (url.protocol === "https:" ? 443 : 80),
  };
}

/** Resolves host names and lets only those addresses through that may be connected to (DESIGN §9). */
export class AddressGuard {
  readonly #options: AddressGuardOptions;

  constructor(options: AddressGuardOptions) {
    this.#options = options;
  }

  /** Why a URL is refused without asking anybody: its host is an address in some spelling, or one of our names. */
  literalRefusal(url: URL): string | undefined {
    const { host, port } = hostPortOf(url);
    if (this.#options.forbidden.names(host, port)) return ownServer;
    if (parseIpAddress(host) === undefined) return undefined;
    return this.#options.rules.refusal(host, host);
  }

  /**
   * All addresses of a host, each of them checked: if one is refused the host is, because the next answer of a name
   * server may hold that one alone.
   *
   * @throws {HttpFailure} `rejected` if one is refused, `transient` if the name cannot be resolved
   */
  async addressesOf({ host, port }: HostPort): Promise<readonly string[]> {
    const addresses = await resolveHost(host, this.#options.lookup);
    if (this.#options.forbidden.names(host, port)) throw refused(ownServer);
    for (const address of addresses) await this.check({ host, port }, address);
    return addresses;
  }

  /** @throws {HttpFailure} `rejected` if the address must not be connected to */
  async check({ host, port }: HostPort, address: string): Promise<void> {
    const reason = this.#options.rules.refusal(host, address);
    if (reason) throw refused(reason);
    if (await this.#options.forbidden.has(address, port)) throw refused(ownServer);
  }
}

const refused = (reason: string) => rejected(`the address it leads to is refused: ${reason}`);
