import assert from "node:assert/strict";
import { ConnectionTable } from "./connection_table.ts";

const limits = { connections: 4, headMs: 10, idleMs: 100, stallMs: 30 };

Deno.test("ConnectionTable.expired() gives each phase its own time, counted from the last progress", () => {
  const table = new ConnectionTable<string>(limits);
  table.enter("half-open", "reading", 0);
  table.enter("kept", "idle", 0);
  table.enter("mute", "answering", 0);
  table.enter("slow", "answering", 0);
  table.enter("slow", "answering", 5);
  assert.deepEqual(table.expired(9), []);
  assert.deepEqual(table.expired(10), [{ connection: "half-open", reason: "head-timeout" }]);
  assert.deepEqual(table.expired(34).map(({ connection }) => connection), ["half-open", "mute"]);
  assert.deepEqual(table.expired(100).map(({ reason }) => reason), [
    "idle",
    "head-timeout",
    "stalled",
    "stalled",
  ]);
});

Deno.test("ConnectionTable.surplus() takes idle ones, then silent ones, the oldest first", () => {
  const table = new ConnectionTable<string>(limits);
  table.enter("download", "answering", 0);
  table.enter("silent 1", "reading", 1);
  table.enter("silent 2", "reading", 2);
  table.enter("kept", "idle", 3);
  assert.equal(table.surplus(), undefined);
  table.enter("new", "reading", 4);
  for (const victim of ["kept", "silent 1", "silent 2"]) {
    assert.equal(table.surplus(), victim);
    table.leave(victim);
    table.enter(`after ${victim}`, "reading", 5);
  }
});

Deno.test("ConnectionTable.surplus() leaves a quarter to newcomers, and spares who makes progress", () => {
  const table = new ConnectionTable<string>(limits);
  table.enter("download", "answering", 0);
  for (const mute of ["mute 1", "mute 2"]) table.enter(mute, "answering", 1);
  table.enter("download", "answering", 2);
  assert.equal(table.surplus(), undefined);
  table.enter("mute 3", "answering", 3);
  assert.equal(table.surplus(), "mute 1");
});

Deno.test("ConnectionTable counts a connection once, in its last phase", () => {
  const table = new ConnectionTable<string>(limits);
  table.enter("a", "reading", 0);
  table.enter("a", "answering", 1);
  assert.equal(table.size, 1);
  assert.deepEqual(table.in("answering"), ["a"]);
  table.leave("a");
  assert.equal(table.size, 0);
});
