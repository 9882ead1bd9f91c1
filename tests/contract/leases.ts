import assert from "node:assert/strict";
import type { Leases, LeaseWrite } from "../../src/objects/leases.ts";
import { ConflictError } from "../../src/objects/objects.ts";

const labels = { "app.kubernetes.io/managed-by": "externalsource-controller", role: "member" };

const lease: LeaseWrite = {
  name: "a",
  labels,
  annotations: { address: "10.0.0.1" },
  holder: "a_1",
  durationMs: 15_000,
  acquiredAt: Date.UTC(2026, 0, 1, 0, 0, 0, 7),
  renewedAt: Date.UTC(2026, 0, 1, 0, 0, 5, 120),
  transitions: 0,
};

/**
 * The laws of an adapter of Leases: one body of cases over every implementation.
 *
 * @param name of the adapter, as the names of the tests begin
 * @param factory makes the adapter over a namespace without Leases; `close` removes what it holds
 */
export function testLeases(
  name: string,
  factory: () => Promise<{ readonly leases: Leases; readonly close: () => void }>,
): void {
  const testCase = (law: string, body: (leases: Leases) => Promise<void>) =>
    Deno.test(`${name} ${law}`, async () => {
      const { leases, close } = await factory();
      try {
        await body(leases);
      } finally {
        close();
      }
    });

  testCase("gives back what was written, in whole seconds", async (leases) => {
    const created = await leases.create({ ...lease, durationMs: 14_001 });
    const { uid, resourceVersion, ...rest } = created;
    assert.deepEqual(rest, lease);
    assert.ok(uid !== "" && resourceVersion !== "");
    assert.deepEqual(await leases.read("a"), created);
  });

  testCase("lists those with the labels only", async (leases) => {
    await leases.create(lease);
    await leases.create({ ...lease, name: "b" });
    await leases.create({ ...lease, name: "c", labels: { role: "member" } });
    await leases.create({ ...lease, name: "d", labels: { ...labels, role: "other" } });
    const listed = await leases.list(labels);
    assert.deepEqual(listed.map((each) => each.name).toSorted(), ["a", "b"]);
    const found = listed.find((each) => each.name === "a");
    assert.deepEqual(found, await leases.read("a"));
    assert.deepEqual(await leases.list({ role: "nobody" }), []);
  });

  testCase("reads nothing where there is none", async (leases) => {
    assert.equal(await leases.read("a"), undefined);
  });

  testCase("refuses to create a second one of a name", async (leases) => {
    await leases.create(lease);
    await assert.rejects(leases.create({ ...lease, holder: "b" }), ConflictError);
    assert.equal((await leases.read("a"))?.holder, "a_1");
  });

  testCase("replaces all of an existing one", async (leases) => {
    const created = await leases.create(lease);
    const next = {
      ...{ name: "a", labels: { role: "x" }, annotations: { other: "1" }, holder: "" },
      ...{ durationMs: 1_000, acquiredAt: 1_000, renewedAt: 2_000, transitions: 3 },
    };
    const updated = await leases.update(created, next);
    const { uid, resourceVersion, ...rest } = updated;
    assert.deepEqual(rest, next);
    assert.equal(uid, created.uid);
    assert.notEqual(resourceVersion, created.resourceVersion);
    assert.deepEqual(await leases.read("a"), updated);
  });

  testCase("lets one of two updates from the same view win", async (leases) => {
    const created = await leases.create(lease);
    const writes = ["b", "c"].map((holder) => leases.update(created, { ...lease, holder }));
    const ends = await Promise.allSettled(writes);
    const won = ends.flatMap((end) => end.status === "fulfilled" ? [end.value] : []);
    const lost = ends.flatMap((end) => end.status === "rejected" ? [end.reason] : []);
    assert.equal(won.length, 1);
    assert.ok(lost[0] instanceof ConflictError, `${lost[0]}`);
    assert.deepEqual(await leases.read("a"), won[0]);
  });

  testCase("does not update one that is gone, or that was made anew", async (leases) => {
    const created = await leases.create(lease);
    await leases.delete(created);
    await assert.rejects(leases.update(created, lease), ConflictError);
    await leases.create({ ...lease, holder: "other" });
    await assert.rejects(leases.update(created, lease), ConflictError);
    await assert.rejects(leases.delete(created), ConflictError);
    assert.equal((await leases.read("a"))?.holder, "other");
  });

  testCase("deletes one, unless it has changed; twice is no error", async (leases) => {
    const created = await leases.create(lease);
    const updated = await leases.update(created, { ...lease, renewedAt: lease.renewedAt + 1 });
    await assert.rejects(leases.delete(created), ConflictError);
    assert.deepEqual(await leases.read("a"), updated);
    await leases.delete(updated);
    assert.equal(await leases.read("a"), undefined);
    await leases.delete(updated);
  });
}
