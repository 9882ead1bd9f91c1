import assert from "node:assert/strict";
import { addressViews, parseIpAddress } from "./ip_address.ts";

const equal: readonly (readonly [string, string])[] = [
  ["127.0.0.1", "::ffff:127.0.0.1"],
  ["127.0.0.1", "::ffff:7f00:1"],
  ["127.0.0.1", "0:0:0:0:0:ffff:7f00:0001"],
  ["fe80::1", "[fe80::1%eth0]"],
  ["fe80::1", "fe80:0:0::0:1"],
  ["::", "0:0:0:0:0:0:0:0"],
  ["2001:db8::", "2001:db8:0:0:0:0:0:0"],
  ["1::8", "1:0:0:0:0:0:0:8"],
];

Deno.test("parseIpAddress() reads all spellings of an address as one", () => {
  for (const [left, right] of equal) {
    assert.notEqual(parseIpAddress(left), undefined, left);
    assert.equal(parseIpAddress(left), parseIpAddress(right), `${left} ${right}`);
  }
  assert.notEqual(parseIpAddress("::7f00:1"), parseIpAddress("127.0.0.1"));
});

Deno.test("parseIpAddress() reads nothing else", () => {
  for (
    const text of ["", "localhost", "127.1", "0x7f.0.0.1", "1:2:3", "::1::", "1.2.3.4.5", "12"]
  ) {
    assert.equal(parseIpAddress(text), undefined, text);
  }
});

const disguises = [
  ...["::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::127.0.0.1"],
  ...["2002:7f00:1::", "2002:7f00:1:1::5", "2001:0:4136:e378:8000:63bf:80ff:fffe"],
  ...["fe80::5efe:7f00:1", "2001:db8::200:5efe:127.0.0.1"],
];

Deno.test("addressViews() finds the IPv4 address in every disguise", () => {
  const wanted = parseIpAddress("127.0.0.1")!;
  for (const text of disguises) {
    assert.ok(addressViews(parseIpAddress(text)!).includes(wanted), text);
  }
});

Deno.test("addressViews() gives an ordinary address only itself", () => {
  for (const text of ["10.0.0.1", "::", "::1", "2001:db8::1", "fd00::7f00:1"]) {
    assert.deepEqual(addressViews(parseIpAddress(text)!), [parseIpAddress(text)], text);
  }
});
