import { type BindAddress, isLoopback, parseBindAddress } from "./bind_address.ts";

/** `--metrics-bind-address` and `--metrics-secure`. */
export interface MetricsAddressSettings {
  readonly bindAddress: string;
  readonly secure: boolean;
}

/** Where to serve metrics, if at all, and what to tell the operator. */
export interface MetricsAddress {
  readonly address?: BindAddress;
  readonly warning?: string;
}

/**
 * Where metrics are served. Secure serving (TLS and an access review) is not built in, and metrics name every source of
 * the cluster: so secure ones stay on this machine.
 *
 * @param settings a bind address that is neither `0` nor an address is off: the configuration has refused it before
 */
export function metricsAddress({ bindAddress, secure }: MetricsAddressSettings): MetricsAddress {
  const address = bindAddress === "0" ? undefined : parseBindAddress(bindAddress);
  if (!address) return {};
  if (!secure || isLoopback(address)) return { address };
  const loopback = { hostname: "127.0.0.1", port: address.port };
  return {
    address: loopback,
    warning:
      `metrics answer on 127.0.0.1:${address.port} only, not on "${bindAddress}": they are ` +
      "served without TLS; --metrics-secure=false serves them to everybody who can reach the port",
  };
}
