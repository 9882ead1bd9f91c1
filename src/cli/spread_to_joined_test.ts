import assert from "node:assert/strict";
import type { Peer } from "../core/peer.ts";
import { ManualClock } from "../../tests/manual_clock.ts";
import { spreadToJoined } from "./spread_to_joined.ts";

const peer = (name: string, instance: string): Peer => ({
  ...{ name, instance, hostname: "192.0.2.1", port: 8080, secure: false },
});

Deno.test("spreadToJoined() spreads to who joins or is started anew, and to nobody else", async () => {
  const clock = new ManualClock();
  const abort = new AbortController();
  let peers = [peer("web-1", "a")];
  let count = 0;
  const spread = () => Promise.resolve(void count++);
  const running = spreadToJoined({ peers: () => peers, spread, clock }, abort.signal);
  const after = async (next: Peer[]) => {
    peers = next;
    await clock.advance(5_000);
    return count;
  };
  assert.equal(await after(peers), 0);
  assert.equal(await after([peer("web-1", "a"), peer("web-2", "b")]), 1);
  assert.equal(await after([peer("web-2", "b")]), 1, "one that left");
  assert.equal(await after([peer("web-2", "c")]), 2, "one that was started anew");
  abort.abort();
  await running;
  assert.equal(clock.pending, 0);
});
