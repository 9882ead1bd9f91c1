import { type IpAddress, parseIpAddress } from "./ip_address.ts";

/** A network. */
export interface Cidr {
  readonly text: string;
  readonly network: IpAddress;
  /** How many low bits are free. */
  readonly hostBits: bigint;
}

/** Reads `10.0.0.0/8`, `fd00::/8` or a single address; undefined if the text is none of them. */
export function parseCidr(text: string): Cidr | undefined {
  const [addressText = "", lengthText, ...rest] = text.trim().split("/");
  const address = parseIpAddress(addressText);
  if (address === undefined || rest.length > 0) return undefined;
  const bits = addressText.includes(":") ? 128 : 32;
  const length = lengthText === undefined ? bits : Number(lengthText);
  if (lengthText !== undefined && !/^[0-9]{1,3}$/.test(lengthText) || length > bits) {
    return undefined;
  }
  return { text, network: address, hostBits: BigInt(bits - length) };
}

/** Whether an address is in a network. */
export function cidrContains({ network, hostBits }: Cidr, address: IpAddress): boolean {
  return address >> hostBits === network >> hostBits;
}
