import assert from "node:assert/strict";
import { leaseName } from "./lease_name.ts";

/** Of an RFC 1123 subdomain, as the API server checks it. */
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

Deno.test("leaseName() has the name of a pod in it as it is", () => {
  for (const name of ["externalsource-controller-manager-0", "laptop.example.com", "a--b"]) {
    assert.equal(leaseName(name), `externalsource-controller-${name}`);
  }
});

Deno.test("leaseName() is valid for any name, and another for each", () => {
  const names = [
    ...[
      "Annas-MacBook.local",
      "annas-macbook.local",
      "host_1",
      "host-1",
      "host.1.",
      "a..b",
      "a.-b",
    ],
    ...["", "-", ".", "ä", "🦊", "x".repeat(253), `${"x".repeat(300)}1`, `${"x".repeat(300)}2`],
    `${"x".repeat(226)}.${"y".repeat(60)}`,
  ];
  const leases = names.map(leaseName);
  for (const lease of leases) assert.ok(subdomain.test(lease) && lease.length <= 253, lease);
  assert.equal(new Set(leases).size, names.length);
});
