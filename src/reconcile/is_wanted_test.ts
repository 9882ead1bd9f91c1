import assert from "node:assert/strict";
import type { StoredContent } from "../core/artifact.ts";
import { MemoryObjects } from "../../tests/memory_objects.ts";
import { artifactOf } from "../../tests/source_fixtures.ts";
import { isWanted } from "./is_wanted.ts";
import type { LastDocument, SourceMemories, SourceMemory } from "./source_memory.ts";

const document = (content: StoredContent): LastDocument => ({
  fingerprint: "f",
  sha256: "s",
  path: "data",
  validators: {},
  content,
});
const content = artifactOf("a");

const memories: Readonly<Record<string, Partial<SourceMemory>>> = {
  "being stored": { unstored: { document: document(content), nextFetchAt: 0 } },
  "stored but not yet published": { lastDocument: document(content) },
  "not yet written": {
    unwritten: {
      generation: 1,
      outcome: { kind: "kept", artifact: content, isSuspended: false },
      handled: { source: undefined, artifact: undefined },
      failures: 0,
      next: undefined,
    },
  },
};

for (const [name, memory] of Object.entries(memories)) {
  Deno.test(`isWanted() holds on to a key that is ${name}, and to no other`, () => {
    const memories: SourceMemories = new Map([["team/config", memory as SourceMemory]]);
    const context = { objects: new MemoryObjects(), memories };
    assert.equal(isWanted(content.path, context), true);
    assert.equal(isWanted(artifactOf("b").path, context), false);
    assert.equal(isWanted(artifactOf("a", { namespace: "team", name: "b" }).path, context), false);
  });
}

Deno.test("isWanted() holds on to what a source that this process does not remember publishes", async () => {
  const objects = new MemoryObjects();
  const abort = new AbortController();
  const watching = objects.watch(() => {}, abort.signal);
  const source = objects.createSource({ namespace: "team", name: "config", spec: {} });
  await objects.writeSourceStatus(source, { artifact: content });
  assert.equal(isWanted(content.path, { objects, memories: new Map() }), true);
  assert.equal(isWanted("artifacts/team", { objects, memories: new Map() }), false);
  abort.abort();
  await watching;
});
