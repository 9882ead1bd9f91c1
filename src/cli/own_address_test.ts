import assert from "node:assert/strict";
import { ownAddress } from "./own_address.ts";

const v4 = (address: string) => ({ family: "IPv4", address } as const);
const v6 = (address: string) => ({ family: "IPv6", address } as const);

for (
  const [name, { interfaces, expected }] of Object.entries({
    "the address of a pod": { interfaces: [v4("127.0.0.1"), v4("10.1.2.3")], expected: "10.1.2.3" },
    "IPv4 before IPv6": {
      interfaces: [v6("::1"), v6("fd00::7"), v4("10.1.2.3")],
      expected: "10.1.2.3",
    },
    "IPv6 where there is no other": {
      interfaces: [v4("127.0.0.1"), v6("fe80::1"), v6("fd00::7")],
      expected: "fd00::7",
    },
    "no link-local one": { interfaces: [v4("169.254.1.1"), v6("febf::1")], expected: undefined },
    "none where there is none": { interfaces: [], expected: undefined },
  })
) {
  Deno.test(`ownAddress() is ${name}`, () => assert.equal(ownAddress(interfaces), expected));
}
