import { configurationError } from "../../core/step_error.ts";
import { type Cidr, cidrContains, parseCidr } from "./cidr.ts";
import { addressViews, type IpAddress, parseIpAddress } from "./ip_address.ts";

/** Which upstream addresses an operator wants to be reached. */
export interface AddressRuleOptions {
  readonly allowLoopback: boolean;
  readonly denyCidr: readonly string[];
  readonly allowCidr: readonly string[];
  readonly allowHost: readonly string[];
}

const networks = (...texts: readonly string[]) => texts.map((text) => parseCidr(text)!);

/** DESIGN §9: what no setting opens, and why. */
const never: readonly { readonly cidrs: readonly Cidr[]; readonly what: string }[] = [
  { cidrs: networks("0.0.0.0/8", "::"), what: "it is an unspecified address" },
  { cidrs: networks("169.254.0.0/16", "fe80::/10"), what: "it is a link-local address" },
  {
    // The metadata services of AWS, GCP (IPv6), Alibaba, Azure and Oracle that are not link-local.
    cidrs: networks(
      ...["fd00:ec2::/32", "fd20:ce::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"],
    ),
    what: "it is the address of a cloud's metadata service",
  },
  { cidrs: networks("224.0.0.0/4", "ff00::/8"), what: "it is a multicast address" },
  { cidrs: networks("255.255.255.255"), what: "it is a broadcast address" },
];
const loopback = networks("127.0.0.0/8", "::1");

function parseSetting(flag: string, texts: readonly string[]): Cidr[] {
  return texts.map((text) => {
    const cidr = parseCidr(text);
    if (cidr) return cidr;
    throw configurationError(
      "InvalidSetting",
      `Cannot use --${flag} ${
        JSON.stringify(text)
      }: it must be a network such as 10.0.0.0/8 or fd00::/8`,
    );
  });
}

/** `host` is `pattern`, or below it if that begins with `*.` */
function hostMatches(host: string, pattern: string): boolean {
  const wanted = pattern.trim().toLowerCase().replace(/\.$/, "");
  const name = host.toLowerCase().replace(/\.$/, "");
  return wanted.startsWith("*.") ? name.endsWith(wanted.slice(1)) : name === wanted;
}

/**
 * Which addresses an upstream may have (DESIGN §9). Three steps: what is never allowed; loopback, unless it is allowed;
 * `--fetch-deny-cidr`, from which `--fetch-allow-cidr` and `--fetch-allow-host` except. A rule holds for every IPv4
 * address that an IPv6 address leads to.
 */
export class AddressRules {
  readonly #options: AddressRuleOptions;
  readonly #deny: readonly Cidr[];
  readonly #allow: readonly Cidr[];

  /** @throws {StepError} class `configuration` if a network cannot be read */
  constructor(options: AddressRuleOptions) {
    this.#options = options;
    this.#deny = parseSetting("fetch-deny-cidr", options.denyCidr);
    this.#allow = parseSetting("fetch-allow-cidr", options.allowCidr);
  }

  /** Why an address of a host must not be connected to, in words that do not tell the address; undefined if it may. */
  refusal(host: string, address: string): string | undefined {
    const parsed = parseIpAddress(address);
    if (parsed === undefined) return "it is in no form we know";
    for (const view of addressViews(parsed)) {
      const reason = this.#refusalOfView(host, view);
      if (reason) return reason;
    }
    return undefined;
  }

  #refusalOfView(host: string, view: IpAddress): string | undefined {
    const within = (cidrs: readonly Cidr[]) => cidrs.some((cidr) => cidrContains(cidr, view));
    const forbidden = never.find(({ cidrs }) => within(cidrs));
    if (forbidden) return forbidden.what;
    if (within(loopback) && !this.#options.allowLoopback) {
      return "it is a loopback address; --fetch-allow-loopback allows it";
    }
    if (!within(this.#deny) || within(this.#allow)) return undefined;
    if (this.#options.allowHost.some((pattern) => hostMatches(host, pattern))) return undefined;
    return "it is in a network that --fetch-deny-cidr refuses";
  }
}
