/** An address of this machine. */
type Interface = Pick<Deno.NetworkInterfaceInfo, "family" | "address">;

const isReachable = ({ family, address }: Interface) =>
  family === "IPv4"
    ? !/^(127\.|169\.254\.)/.test(address)
    : address !== "::1" && !/^fe[89ab]/i.test(address);

/**
 * Where other pods reach this one: its first address that is neither loopback nor link-local, IPv4 before IPv6, as the one
 * interface of a pod has it. Undefined if there is none.
 */
export function ownAddress(interfaces: readonly Interface[]): string | undefined {
  const reachable = interfaces.filter(isReachable);
  return (reachable.find(({ family }) => family === "IPv4") ?? reachable[0])?.address;
}
