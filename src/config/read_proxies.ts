import { ConfigError } from "./config_error.ts";

/** The proxies for upstream requests; nothing else goes through them (DESIGN §9). */
export interface Proxies {
  /** URL for `http:` upstreams. May hold credentials. */
  readonly http: string | undefined;
  /** URL for `https:` upstreams. May hold credentials. */
  readonly https: string | undefined;
  /** Hosts, domains, addresses and CIDRs that are reached directly, in the notation of `NO_PROXY`. */
  readonly exceptions: readonly string[];
}

/** The part of `Deno.env` that is needed. */
export interface EnvironmentVariables {
  get(name: string): string | undefined;
  delete(name: string): void;
}

/**
 * Reads the proxy variables (upper case before lower case, as Go does) and deletes them, because Deno's fetch would send even loopback
 * requests to a proxy that it finds there. To be called before the first fetch. `ALL_PROXY` is deleted too, unread: Go
 * does not know it.
 *
 * @throws {ConfigError} if a proxy is no URL; its text is not quoted, it may hold a password
 */
export function readProxies(environment: EnvironmentVariables): Proxies {
  const take = (name: string) => {
    const values = [name, name.toLowerCase()].map((each) => {
      const value = environment.get(each);
      environment.delete(each);
      return value?.trim();
    });
    return values.find((value) => value !== undefined && value !== "");
  };
  const texts = { HTTP_PROXY: take("HTTP_PROXY"), HTTPS_PROXY: take("HTTPS_PROXY") };
  const exceptions = take("NO_PROXY") ?? "";
  take("ALL_PROXY");
  const wrong = Object.entries(texts).filter(([, text]) => text !== undefined && !proxyUrl(text));
  if (wrong.length > 0) {
    throw new ConfigError(
      wrong.map(([name]) =>
        `Cannot use variable ${name}: it must be a URL such as http://proxy:3128`
      ),
    );
  }
  return {
    http: proxyUrl(texts.HTTP_PROXY),
    https: proxyUrl(texts.HTTPS_PROXY),
    exceptions: exceptions.split(",").map((each) => each.trim()).filter(Boolean),
  };
}

/** Without a scheme it is `http://`, as in Go (golang.org/x/net/http/httpproxy). */
function proxyUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.parse(text.includes("://") ? text : `http://${text}`);
  return url && /^https?:$/.test(url.protocol) && url.hostname !== "" ? url.href : undefined;
}
