import { strict as assert } from "node:assert";
import { policyOf, refuseEviction } from "./redis_policy.ts";

Deno.test("policyOf() reads INFO and CONFIG GET", () => {
  assert.equal(
    policyOf("# Memory\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\nx:1\r\n"),
    "noeviction",
  );
  assert.equal(policyOf("# Memory\r\nmaxmemory:0\r\n"), undefined);
  assert.equal(policyOf(["maxmemory-policy", "allkeys-lru"]), "allkeys-lru");
  assert.equal(policyOf([]), undefined);
  assert.equal(policyOf(null), undefined);
});

Deno.test("refuseEviction() refuses where one server may remove a key without a time to live", () => {
  const evicting = /^it may evict artifacts \(maxmemory-policy (allkeys-lru|allkeys-random)\)/;
  assert.equal(refuseEviction(["noeviction"]), undefined);
  assert.equal(refuseEviction(["volatile-lru", "volatile-ttl", "noeviction"]), undefined);
  assert.match(refuseEviction(["allkeys-lru"])!, evicting);
  assert.match(refuseEviction(["noeviction", undefined, "allkeys-random"])!, evicting);
  assert.match(refuseEviction(["noeviction", undefined])!, /^it does not tell/);
});
