import { errorCode, HttpFailure } from "./http_failure.ts";
import { parseIpAddress } from "./ip_address.ts";

/** All addresses of a name; throws if it has none. */
export type Lookup = (host: string) => Promise<readonly string[]>;

/**
 * All addresses of a host, itself if it is one.
 *
 * @throws {HttpFailure} `transient` and `unresolved`: a Service may not be there yet, a resolver be down
 */
export async function resolveHost(host: string, lookup: Lookup): Promise<readonly string[]> {
  if (parseIpAddress(host) !== undefined) return [host];
  let code = "no address";
  try {
    const addresses = await lookup(host);
    if (addresses.length > 0) return addresses;
  } catch (error) {
    code = errorCode(error) ?? "the resolver failed";
  }
  throw new HttpFailure(`its host name cannot be resolved (${code})`, {
    class: "transient",
    unresolved: true,
  });
}
