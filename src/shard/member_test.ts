import assert from "node:assert/strict";
import type { Lease } from "../objects/leases.ts";
import { type Member, memberLease, readMember } from "./member.ts";

const member: Member = {
  name: "pod-1",
  identity: "pod-1_7",
  scope: { namespace: "team", labelSelector: "a=b,c in (d,e)" },
  isShared: true,
  address: { hostname: "10.0.0.7", port: 8080, secure: false },
  view: ["pod-0", "pod-1", 'odd","name'],
  acquiredAt: 1_000,
};
const term = { durationMs: 15_000, renewedAt: 2_000, transitions: 1 };

const stored = (of: Member): Lease => ({
  ...memberLease(of, term),
  uid: "u",
  resourceVersion: "1",
});

Deno.test("readMember() reads what memberLease() writes", () => {
  const { address: _, ...rest } = member;
  const cases: Member[] = [
    member,
    { ...member, isShared: false, view: [], scope: { namespace: "", labelSelector: "" } },
    { ...member, address: { hostname: "fd00::1", port: 1, secure: true } },
    { ...rest, address: undefined },
  ];
  for (const each of cases) assert.deepEqual(readMember(stored(each)), each);
});

Deno.test("readMember() knows no member in a Lease that names none", () => {
  assert.equal(readMember({ ...stored(member), annotations: {} }), undefined);
});

Deno.test("readMember() takes what it cannot read as not said", () => {
  const { annotations, ...rest } = stored(member);
  const withValue = (end: string, value: string) => {
    const entries = Object.entries(annotations)
      .map(([key, old]) => [key, key.endsWith(end) ? value : old]);
    return readMember({ ...rest, annotations: Object.fromEntries(entries) });
  };
  for (const port of ["", "0", "65536", "8080.5", "x"]) {
    assert.equal(withValue("/artifact-port", port)?.address, undefined, port);
  }
  for (const host of ["", "evil.example.com", "10.0.0.1/@x"]) {
    assert.equal(withValue("/pod-ip", host)?.address, undefined, host);
  }
  for (const view of ["", "{}", "null", "[1]", "x"]) {
    assert.deepEqual(withValue("/view", view)?.view, [], view);
  }
});
