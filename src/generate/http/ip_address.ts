import { isIP } from "node:net";

/** An IPv4 or IPv6 address as 128 bits; IPv4 stands at `::ffff:0:0/96`, so that both spellings of it are equal. */
export type IpAddress = bigint;

const mappedPrefix = 0xffffn << 32n;

function parseIpv4(text: string): bigint {
  return text.split(".").reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

/** `a:b::c` with its `::` written out, as 16-bit groups; a dotted tail counts as two. */
function ipv6Groups(text: string): bigint[] {
  const groupsOf = (part: string) =>
    part.split(":").filter((each) => each !== "").flatMap((each) => {
      if (!each.includes(".")) return [BigInt(`0x${each}`)];
      const ipv4 = parseIpv4(each);
      return [ipv4 >> 16n, ipv4 & 0xffffn];
    });
  const [head = "", tail] = text.split("::");
  const [first, last] = [groupsOf(head), groupsOf(tail ?? "")];
  return [...first, ...Array<bigint>(8 - first.length - last.length).fill(0n), ...last];
}

/**
 * Reads an address as resolvers and sockets spell it, with or without brackets and zone (`fe80::1%eth0`).
 *
 * @returns undefined if the text is no address
 */
export function parseIpAddress(text: string): IpAddress | undefined {
  const plain = text.replace(/^\[(.*)\]$/, "$1").replace(/%.*$/, "");
  switch (isIP(plain)) {
    case 4:
      return mappedPrefix | parseIpv4(plain);
    case 6:
      return ipv6Groups(plain).reduce((value, group) => (value << 16n) | group, 0n);
    default:
      return undefined;
  }
}

interface Embedding {
  readonly test: (address: IpAddress) => boolean;
  readonly ipv4: (address: IpAddress) => bigint;
}

const lowest32 = (address: IpAddress) => address & 0xffffffffn;

/** The forms of IPv6 address that lead to an IPv4 address, each by its RFC. */
const embeddings: readonly Embedding[] = [
  // RFC 4291 §2.5.5.1, IPv4-compatible; :: and ::1 are addresses of their own.
  { test: (address) => address >> 32n === 0n && address > 1n, ipv4: lowest32 },
  // RFC 2765 §2.1, IPv4-translated: ::ffff:0:a.b.c.d
  { test: (address) => address >> 32n === 0xffff0000n, ipv4: lowest32 },
  // RFC 6052, NAT64: 64:ff9b::/96
  { test: (address) => address >> 32n === 0x64ff9bn << 64n, ipv4: lowest32 },
  // RFC 8215, NAT64 of one's own: 64:ff9b:1::/48
  { test: (address) => address >> 80n === 0x64ff9b0001n, ipv4: lowest32 },
  // RFC 3056, 6to4: 2002:aabb:ccdd::/48
  {
    test: (address) => address >> 112n === 0x2002n,
    ipv4: (address) => (address >> 80n) & 0xffffffffn,
  },
  // RFC 4380 §4, Teredo: the client's address is inverted.
  {
    test: (address) => address >> 96n === 0x20010000n,
    ipv4: (address) => lowest32(address) ^ 0xffffffffn,
  },
  // RFC 5214 §6.1, ISATAP: …:0:5efe:a.b.c.d
  {
    test: (address) => ((address >> 32n) & 0xfdffffffn) === 0x5efen,
    ipv4: lowest32,
  },
];

/** An address and every IPv4 address that it leads to in disguise: a rule must hold for all of them. */
export function addressViews(address: IpAddress): readonly IpAddress[] {
  const embedded = embeddings.filter(({ test }) => test(address))
    .map(({ ipv4 }) => mappedPrefix | ipv4(address));
  return [address, ...embedded];
}
