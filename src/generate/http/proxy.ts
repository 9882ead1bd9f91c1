import { Buffer } from "node:buffer";
import { configurationError } from "../../core/step_error.ts";
import { hostPortOf } from "./address_guard.ts";
import { type Cidr, cidrContains, parseCidr } from "./cidr.ts";
import { parseIpAddress } from "./ip_address.ts";

/** The proxies of an operator, as their variables spell them. */
export interface ProxyOptions {
  readonly httpProxy: string;
  readonly httpsProxy: string;
  readonly noProxy: string;
}

/** A proxy. */
export interface Proxy {
  /** Without user info. */
  readonly url: URL;
  /** Value of `Proxy-Authorization`. */
  readonly authorization: string | undefined;
}

interface Exception {
  readonly matches: (host: string) => boolean;
  readonly port: number | undefined;
}

/** Basic authentication from the user info of a URL; undefined if it has none. */
export function basicAuthorization({ username, password }: URL): string | undefined {
  if (!username && !password) return undefined;
  const decode = (text: string) => {
    try {
      return decodeURIComponent(text);
    } catch {
      // A lone % is the user's, not an encoding.
      return text;
    }
  };
  const pair = `${decode(username)}:${decode(password)}`;
  return `Basic ${Buffer.from(pair, "utf8").toString("base64")}`;
}

function parseProxy(variable: string, text: string): Proxy | undefined {
  if (text.trim() === "") return undefined;
  const url = URL.parse(text.includes("://") ? text.trim() : `http://${text.trim()}`);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw configurationError(
      "InvalidSetting",
      `Cannot use variable ${variable}: it must be an http or https URL such as http://proxy.example.com:3128`,
    );
  }
  const authorization = basicAuthorization(url);
  url.username = url.password = "";
  return { url, authorization };
}

function nameMatcher(pattern: string): (host: string) => boolean {
  const suffix = pattern.replace(/^\*?\./, ".").toLowerCase();
  if (suffix.startsWith(".")) return (host) => host.endsWith(suffix);
  return (host) => host === suffix || host.endsWith(`.${suffix}`);
}

function addressMatcher(cidr: Cidr): (host: string) => boolean {
  return (host) => {
    const address = parseIpAddress(host);
    return address !== undefined && cidrContains(cidr, address);
  };
}

function parseException(text: string): Exception {
  const whole = parseCidr(text);
  if (whole) return { matches: addressMatcher(whole), port: undefined };
  const [, host = text, port] = /^(.*?)(?::([0-9]+))?$/.exec(text) ?? [];
  const cidr = parseCidr(host);
  return {
    matches: cidr ? addressMatcher(cidr) : host === "*" ? () => true : nameMatcher(host),
    port: port === undefined ? undefined : Number(port),
  };
}

/** Loopback goes to no proxy: it would mean the proxy's own. */
function isLoopback(host: string): boolean {
  if (host === "localhost") return true;
  return ["127.0.0.0/8", "::1"].some((text) => addressMatcher(parseCidr(text)!)(host));
}

/**
 * Which proxy leads to an upstream, with the meaning that Go gives the variables.
 *
 * @throws {StepError} class `configuration` if a proxy is no URL; the message does not quote it
 * @see https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config
 */
export function createProxyChoice(options: ProxyOptions): (url: URL) => Proxy | undefined {
  const http = parseProxy("HTTP_PROXY", options.httpProxy);
  const https = parseProxy("HTTPS_PROXY", options.httpsProxy);
  const exceptions = options.noProxy.split(",").map((each) => each.trim()).filter((each) =>
    each !== ""
  ).map(parseException);
  return (url) => {
    const target = hostPortOf(url);
    const host = target.host.toLowerCase().replace(/\.$/, "");
    const excepted = exceptions.some(({ matches, port }) =>
      matches(host) && (port === undefined || port === target.port)
    );
    if (excepted || isLoopback(host)) return undefined;
    return url.protocol === "https:" ? https : http;
  };
}
