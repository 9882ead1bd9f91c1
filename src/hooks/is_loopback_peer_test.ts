import assert from "node:assert/strict";
import { isLoopbackPeer } from "./is_loopback_peer.ts";

const others = [
  ...[undefined, "", "10.0.0.1", "127.0.0.2", "::ffff:127.0.0.2", "::ffff:10.0.0.1", "fe80::1"],
  ...["::ffff:7f00:1", "0.0.0.0", "::", "localhost", "127.0.0.1 "],
];
Deno.test("isLoopbackPeer() takes three addresses and no other", () => {
  for (const each of ["127.0.0.1", "::1", "::ffff:127.0.0.1"]) assert.ok(isLoopbackPeer(each));
  for (const each of others) assert.equal(isLoopbackPeer(each), false, String(each));
});
