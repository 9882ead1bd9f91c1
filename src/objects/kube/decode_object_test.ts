import assert from "node:assert/strict";
import { decodeArtifactObject, decodeSource } from "./decode_object.ts";
import { hasLegacyManager, withoutLegacyManager } from "./legacy_field_manager.ts";

const metadata = { name: "a", namespace: "n", uid: "u", resourceVersion: "7", generation: 2 };

Deno.test("decodeSource() keeps what core types hold and nothing else", () => {
  const lastApplied = { "kubectl.kubernetes.io/last-applied-configuration": "{}" };
  const decoded = decodeSource({
    apiVersion: "v",
    metadata: {
      ...metadata,
      annotations: { ...lastApplied, kept: "1" },
      managedFields: [{ manager: "kubectl" }],
      selfLink: "x",
      finalizers: [],
    },
    spec: { any: [1] },
    status: { failures: 1, observedGeneration: "x", unknown: 1, conditions: [null, { type: "A" }] },
  });
  const condition = {
    type: "A",
    status: "Unknown",
    reason: "",
    message: "",
    lastTransitionTime: "",
  };
  assert.deepEqual(decoded, {
    metadata: { ...metadata, annotations: { kept: "1" } },
    spec: { any: [1] },
    status: { failures: 1, conditions: [condition] },
  });
});

Deno.test("decodeSource() takes any spec and status, but no object without a name", () => {
  for (const odd of [undefined, null, 1, "x", []]) {
    assert.deepEqual(decodeSource({ metadata, spec: odd, status: odd }).status, {});
  }
  for (const field of ["name", "namespace", "uid", "resourceVersion"]) {
    assert.throws(() => decodeSource({ metadata: { ...metadata, [field]: 1 } }), TypeError, field);
  }
  assert.throws(() => decodeSource(null), TypeError);
});

Deno.test("decodeSource() fills what the Go implementation's artifact lacks", () => {
  const old = { url: "u", revision: "r", lastUpdateTime: "t", metadata: { size: "1" } };
  const { status } = decodeSource({ metadata, status: { artifact: old } });
  assert.deepEqual(status.artifact, { ...old, path: "", digest: "", size: 0 });
});

Deno.test("hasLegacyManager() remembers whether the Go implementation manages fields", () => {
  const entries = [{ manager: "manager", operation: "Update" }, { manager: "kubectl" }];
  const legacy = decodeArtifactObject({ metadata: { ...metadata, managedFields: entries } });
  const other = decodeArtifactObject({ metadata: { ...metadata, managedFields: [entries[1]] } });
  assert.equal(hasLegacyManager(legacy.metadata), true);
  assert.equal(hasLegacyManager(other.metadata), false);
  assert.deepEqual(withoutLegacyManager(entries), [entries[1]]);
  assert.deepEqual(withoutLegacyManager([entries[0]]), [{}]);
});
