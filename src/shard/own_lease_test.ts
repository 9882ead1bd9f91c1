import assert from "node:assert/strict";
import type { Lease } from "../objects/leases.ts";
import { decideOwnWrite } from "./own_lease.ts";

const lease = (holder: string): Lease => ({
  ...{ name: "a", uid: "u", resourceVersion: "1", labels: {}, annotations: {}, holder },
  ...{ durationMs: 15_000, acquiredAt: 0, renewedAt: 0, transitions: 0 },
});
const found = (holder: string, isHeld: boolean) => ({ lease: lease(holder), isHeld });

for (
  const [name, { seen, isLive = false, hasTaken = false, expected }] of Object.entries({
    "creates it where there is none": { seen: undefined, expected: "create" },
    "creates it anew where it was deleted": {
      seen: undefined,
      isLive: true,
      hasTaken: true,
      expected: "create",
    },
    "renews it while it lasts": {
      seen: found("me", true),
      isLive: true,
      hasTaken: true,
      expected: "renew",
    },
    "takes it anew after it ran out": {
      seen: found("me", false),
      hasTaken: true,
      expected: "take",
    },
    "takes it if the answer to its creation was lost": {
      seen: found("me", true),
      expected: "take",
    },
    "takes that of an earlier life at once": { seen: found("before", true), expected: "take" },
    "does not take it back from a process that replaced it": {
      seen: found("other", true),
      isLive: true,
      hasTaken: true,
      expected: "wait",
    },
    "takes it back from a process that has ended": {
      seen: found("other", false),
      hasTaken: true,
      expected: "take",
    },
  })
) {
  Deno.test(`decideOwnWrite() ${name}`, () => {
    const write = decideOwnWrite(seen, { identity: "me", isLive, hasTaken });
    assert.equal(write.kind, expected);
  });
}
