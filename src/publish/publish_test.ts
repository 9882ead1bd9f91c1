import assert from "node:assert/strict";
import { StepError } from "../core/step_error.ts";
import { ConflictError, ObjectsUnavailableError } from "../objects/objects.ts";
import { checkArtifactStatus } from "../../tests/laws/status.ts";
import { MemoryObjects } from "../../tests/memory_objects.ts";
import { artifactOf, sourceOf } from "../../tests/source_fixtures.ts";
import { publish } from "./publish.ts";

const name = { namespace: "team", name: "config" };
const publication = {
  source: sourceOf(),
  artifact: artifactOf("a"),
  ready: { type: "Ready", status: "True", reason: "Succeeded", message: "stored" },
  now: "2026-01-01T00:00:00Z",
} as const;

async function withObjects(body: (objects: MemoryObjects) => Promise<void>): Promise<void> {
  const objects = new MemoryObjects();
  const abort = new AbortController();
  void objects.watch(() => {}, abort.signal);
  await body(objects);
  abort.abort();
}

Deno.test("publish() creates an ExternalArtifact with its status, then has nothing to do", () =>
  withObjects(async (objects) => {
    const written = await publish(objects, publication);
    assert.deepEqual(objects.writes, ["createArtifact", "writeArtifactStatus"]);
    assert.deepEqual(written.status.artifact, artifactOf("a"));
    checkArtifactStatus(written.status, { object: name, generation: 1 });
    assert.equal(await publish(objects, publication), written);
    assert.equal(objects.calls.length, 2);
  }));

Deno.test("publish() takes an ExternalArtifact that is deleted meanwhile for a conflict", () =>
  withObjects(async (objects) => {
    await publish(objects, publication);
    objects.onCall = () => objects.deleteArtifact(name);
    const other = { ...publication, artifact: artifactOf("b") };
    await assert.rejects(publish(objects, other), ConflictError);
  }));

Deno.test("publish() passes on what the API server could not do", () =>
  withObjects(async (objects) => {
    const failure = new ObjectsUnavailableError("Cannot create: refused");
    objects.onCall = () => {
      throw failure;
    };
    await assert.rejects(publish(objects, publication), failure);
  }));

for (const forbidden of ["createArtifact", "writeArtifactStatus"]) {
  Deno.test(`publish() says what right is missing for ${forbidden}`, () =>
    withObjects(async (objects) => {
      objects.onCall = (call) => {
        if (call !== forbidden) return;
        const details = { refusal: "forbidden" } as const;
        throw new ObjectsUnavailableError("Cannot create: status 403, who are you", details);
      };
      await assert.rejects(publish(objects, publication), (error) => {
        assert.ok(error instanceof StepError);
        assert.deepEqual([error.class, error.reason], ["no-flux", "ExternalArtifactUnavailable"]);
        assert.match(error.message, /^Cannot publish: the API server forbids it; .*RBAC/);
        return true;
      });
    }));
}

for (const when of ["before", "meanwhile"]) {
  Deno.test(`publish() says what to install when the kind is gone ${when}`, () =>
    withObjects(async (objects) => {
      await publish(objects, publication);
      const uninstall = () => void (objects.artifacts.isInstalled = false);
      if (when === "before") uninstall();
      else objects.onCall = uninstall;
      const other = { ...publication, artifact: artifactOf("b") };
      await assert.rejects(publish(objects, other), (error) => {
        assert.ok(error instanceof StepError);
        assert.deepEqual([error.class, error.reason], ["no-flux", "ExternalArtifactUnavailable"]);
        assert.match(error.message, /install Flux 2\.7/);
        return true;
      });
    }));
}

Deno.test("publish() refuses an ExternalArtifact of another controller without a write", () =>
  withObjects(async (objects) => {
    const owner = { apiVersion: "x.test/v1", kind: "Other", name: "o", uid: "9", controller: true };
    const metadata = { ownerReferences: [owner] };
    objects.plantArtifact(name, { spec: {}, status: {}, metadata });
    await assert.rejects(publish(objects, publication), {
      class: "name-conflict",
      message: /Other "o"/,
    });
    assert.deepEqual(objects.writes, ["createArtifact"]);
    assert.deepEqual(objects.artifacts.live("team/config")?.status, {});
  }));
