import assert from "node:assert/strict";
import { StepError } from "../../core/step_error.ts";
import { type AddressRuleOptions, AddressRules } from "./address_rules.ts";

const rules = (options: Partial<AddressRuleOptions> = {}) =>
  new AddressRules({
    allowLoopback: false,
    denyCidr: [],
    allowCidr: [],
    allowHost: [],
    ...options,
  });

const never: readonly (readonly [string, RegExp])[] = [
  ["0.0.0.0", /unspecified/],
  ["0.1.2.3", /unspecified/],
  ["::", /unspecified/],
  ["169.254.169.254", /link-local/],
  ["169.254.0.1", /link-local/],
  ["fe80::1", /link-local/],
  ["fe80::1%eth0", /link-local/],
  ["febf::1", /link-local/],
  ["fd00:ec2::254", /metadata/],
  ["fd20:ce::254", /metadata/],
  ["100.100.100.200", /metadata/],
  ["168.63.129.16", /metadata/],
  ["192.0.0.192", /metadata/],
  ["224.0.0.1", /multicast/],
  ["239.255.255.255", /multicast/],
  ["ff02::1", /multicast/],
  ["255.255.255.255", /broadcast/],
  ["::ffff:169.254.169.254", /link-local/],
  ["::ffff:a9fe:a9fe", /link-local/],
  ["64:ff9b::169.254.169.254", /link-local/],
  ["64:ff9b:1::a9fe:a9fe", /link-local/],
  ["2002:a9fe:a9fe::1", /link-local/],
  ["2001:0:1:2:3:4:5601:5601", /link-local/],
  ["::169.254.169.254", /link-local/],
  ["not an address", /no form/],
  ["", /no form/],
];

Deno.test("refusal() refuses what is never allowed in every disguise, whatever the settings say", () => {
  const open = rules({ allowLoopback: true, allowCidr: ["0.0.0.0/0", "::/0"], allowHost: ["h"] });
  for (const [address, reason] of never) {
    assert.match(rules().refusal("h", address) ?? "allowed", reason, address);
    assert.match(open.refusal("h", address) ?? "allowed", reason, address);
  }
});

Deno.test("refusal() allows loopback only if it is told to", () => {
  for (const address of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"]) {
    assert.match(rules({ allowCidr: ["127.0.0.0/8"] }).refusal("h", address) ?? "", /loopback/);
    assert.equal(rules({ allowLoopback: true }).refusal("h", address), undefined, address);
  }
});

Deno.test("refusal() allows every other address by default, private ones too", () => {
  for (
    const address of ["10.0.0.1", "192.168.1.1", "8.8.8.8", "fd00::1", "2001:db8::1", "1.0.0.0"]
  ) {
    assert.equal(rules().refusal("h", address), undefined, address);
  }
});

Deno.test("refusal() lets allowed networks and hosts be exceptions of denied ones", () => {
  const some = rules({
    denyCidr: ["10.0.0.0/8", "fd00::/8"],
    allowCidr: ["10.1.0.0/16", "fd00:1::1"],
    allowHost: ["api.example.com", "*.internal.example"],
  });
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["h", "10.0.0.1", false],
    ["h", "10.1.2.3", true],
    ["h", "11.0.0.1", true],
    ["h", "::ffff:10.0.0.1", false],
    ["h", "2002:0a00:1::", false],
    ["h", "fd00:1::1", true],
    ["h", "fd00:1::2", false],
    ["API.example.com.", "10.0.0.1", true],
    ["x.api.example.com", "10.0.0.1", false],
    ["a.internal.example", "10.0.0.1", true],
    ["internal.example", "10.0.0.1", false],
    ["evilinternal.example", "10.0.0.1", false],
  ];
  for (const [host, address, allowed] of cases) {
    assert.equal(some.refusal(host, address) === undefined, allowed, `${host} ${address}`);
  }
});

Deno.test("new AddressRules() refuses what is no network and names the flag", () => {
  for (
    const bad of [
      "10.0.0.0/33",
      "10.0.0",
      "example.com",
      "fd00::/129",
      "10.0.0.0/8/8",
      "",
      "1.2.3.4/",
    ]
  ) {
    for (
      const [field, flag] of [["denyCidr", "fetch-deny-cidr"], ["allowCidr", "fetch-allow-cidr"]]
    ) {
      assert.throws(
        () => rules({ [field!]: [bad] }),
        (error) =>
          error instanceof StepError &&
          error.message.includes(`--${flag} "${bad}": it must be a network`),
        bad,
      );
    }
  }
});
