import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type ControlPlane, startControlPlane } from "../cluster/control_plane.ts";
import { fetchWithFlux } from "../flux/fetcher.ts";
import { apiCalls } from "./api_calls.ts";
import { eventually } from "./eventually.ts";
import { FluxWorld, isReady, type KustomizationStatus, patience } from "./flux_world.ts";
import { medianOf } from "./median_of.ts";
import { ourEvents } from "./our_events.ts";
import { serverWrites } from "./server_writes.ts";

/** Within which something must have happened, as the median of so many rounds. */
const boundMs = 1_000;
const rounds = 5;

let plane: ControlPlane;
Deno.test.beforeAll(async () => {
  plane = await startControlPlane({ with: ["kustomize-controller"] });
});
Deno.test.afterAll(() => plane.close());

/** A world in which Flux has applied "first" for the source "app". */
async function inAppliedWorld(
  spec: Readonly<Record<string, unknown>>,
  story: (world: FluxWorld) => Promise<void>,
): Promise<void> {
  // A Lease that is renewed within a test would be counted among its requests.
  await FluxWorld.run(plane, { args: ["--lease-duration=5m"] }, async (world) => {
    world.publishUpstream("first");
    await world.createSource("app", spec);
    await world.createKustomization("app");
    await world.untilApplied("app", "first");
    await story(world);
  });
}

for (const kind of ["ExternalSource", "ExternalArtifact"] as const) {
  Deno.test(`a stock kustomize-controller applies a changed document within a second of requestedAt on the ${kind}`, async () => {
    await inAppliedWorld({}, async (world) => {
      const published: number[] = [];
      const applied = await medianOf(rounds, async (round) => {
        const before = (await world.artifact("app")).status?.artifact?.revision;
        world.publishUpstream(`round ${round}`);
        const start = performance.now();
        await world.request(kind, "app");
        await eventually(
          async () => (await world.artifact("app")).status?.artifact?.revision !== before,
          { withinMs: patience, what: "a new revision is published" },
        );
        published.push(Math.round(performance.now() - start));
        await eventually(async () => await world.appliedValue() === `round ${round}`, {
          withinMs: patience,
          what: "Flux has applied it",
        });
        const took = performance.now() - start;
        await world.untilApplied("app", `round ${round}`);
        return took;
      });
      if (Deno.env.get("SHOW_TIMES")) console.log(kind, { applied, published });
      assert.ok(applied < boundMs, `applied after ${applied} ms; published after ${published} ms`);
      const { status } = await world.source("app");
      const answered = kind === "ExternalSource"
        ? status?.lastHandledReconcileAt
        : status?.lastHandledArtifactReconcileAt;
      assert.equal(answered, `request-${rounds}`);
    });
  });
}

Deno.test("ten unchanged intervals make no request to the API server, the Lease apart, and no new revision", async () => {
  await inAppliedWorld({ interval: "1s" }, async (world) => {
    world.document.pathsWithoutETag.add("/whole.yaml");
    const http = { url: `${world.origin}/whole.yaml` };
    await world.createSource("whole", { interval: "1s", generator: { type: "http", http } });
    await eventually(async () => isReady((await world.source("whole")).status), {
      withinMs: patience,
      what: "the second source is published",
    });
    // One about each object of ours: nothing is left to be written.
    await eventually(async () => (await ourEvents(world)).length === 4, {
      withinMs: patience,
      what: "the events are written",
    });
    const versions = async () => {
      const names = ["app", "whole"];
      const objects = [...names.map((name) => world.source(name))];
      const artifacts = [...names.map((name) => world.artifact(name))];
      return (await Promise.all([...objects, ...artifacts]))
        .map(({ metadata }) => metadata.resourceVersion);
    };
    const look = async () => ({
      versions: await versions(),
      calls: await apiCalls(world.controller.metrics),
      writes: await serverWrites(world.api),
      events: (await ourEvents(world)).length,
    });
    const before = await look();
    assert.ok(before.writes >= 8, `${before.writes} writes seen, of at least 8 that there were`);
    const { answers } = world.document;
    answers.length = 0;
    const count = (status: number) => answers.filter((each) => each === status).length;
    await eventually(() => count(304) >= 10 && count(200) >= 10, {
      withinMs: patience,
      what: "both were asked for ten times",
    });
    assert.deepEqual(await look(), before);
    assert.equal(await world.appliedValue(), "first");
  });
});

Deno.test("an answer without a body is an empty document, of which Flux removes all that it had applied", async () => {
  await inAppliedWorld({}, async (world) => {
    world.document.failure = 204;
    await world.request("ExternalSource", "app");
    await eventually(async () => await world.appliedValue() === undefined, {
      withinMs: patience,
      what: "Flux has removed it",
    });
    assert.equal(isReady((await world.source("app")).status), true);
  });
});

Deno.test("what a deleted source has left goes soon after the retention's TTL, not with the hourly sweep", async () => {
  await FluxWorld.run(plane, { args: ["--artifact-retention-ttl=1s"] }, async (world) => {
    world.publishUpstream("first");
    await world.createSource("app");
    await eventually(async () => isReady((await world.source("app")).status), {
      withinMs: patience,
      what: "it is published",
    });
    const { url } = (await world.artifact("app")).status!.artifact!;
    const status = async () => {
      const answer = await fetch(url);
      await answer.body?.cancel();
      return answer.status;
    };
    assert.equal(await status(), 200);
    await world.delete("ExternalSource", "app");
    await world.delete("ExternalArtifact", "app"); // as the garbage collector of Kubernetes, which does not run here
    await eventually(async () => await status() === 404, {
      withinMs: patience,
      what: "the artifact is gone",
    });
  });
});

Deno.test("a deleted ExternalArtifact is back within a second, without a request to the upstream", async () => {
  await inAppliedWorld({}, async (world) => {
    const before = await world.artifact("app");
    world.document.answers.length = 0;
    const took = await medianOf(rounds, async () => {
      const { metadata: { uid } } = await world.artifact("app");
      const start = performance.now();
      await world.delete("ExternalArtifact", "app");
      await eventually(async () => {
        const found = await world.artifact("app");
        return found.metadata.uid !== uid && found.status?.artifact !== undefined;
      }, { withinMs: patience, what: "the ExternalArtifact is back" });
      return performance.now() - start;
    });
    if (Deno.env.get("SHOW_TIMES")) console.log("restored", took);
    assert.ok(took < boundMs, `back after ${took} ms`);
    assert.deepEqual((await world.artifact("app")).status?.artifact, before.status?.artifact);
    assert.deepEqual(world.document.answers, []);
    await world.untilApplied("app", "first");
  });
});

Deno.test("a changed destinationPath over an unchanged document is published", async () => {
  await inAppliedWorld({ interval: "1s" }, async (world) => {
    await eventually(() => world.document.answers.includes(304), {
      withinMs: patience,
      what: "the upstream answers that nothing has changed",
    });
    let before = (await world.source("app")).status?.artifact?.revision;
    const content = world.document.text;
    const sha256 = createHash("sha256").update(content).digest("hex");
    for (
      const [destinationPath, path] of [["b/renamed.yaml", "b/renamed.yaml"], [
        "c/",
        "c/document.yaml",
      ]]
    ) {
      await world.patch("ExternalSource", "app", { spec: { destinationPath } });
      const artifact = await eventually(async () => {
        const { metadata, status } = await world.source("app");
        return status?.observedGeneration === metadata.generation && status.artifact;
      }, { withinMs: patience, what: "the new path is published" });
      assert.notEqual(artifact.revision, before);
      before = artifact.revision;
      const { url, digest } = artifact;
      const expected = { url, digest, path: path!, mode: 0o644, sha256, size: content.length };
      assert.deepEqual(await fetchWithFlux([expected]), [undefined]);
      await world.untilApplied("app", "first");
    }
  });
});

Deno.test("Flux keeps the last good document while the upstream is broken, and gets the next one", async () => {
  await inAppliedWorld({}, async (world) => {
    const { status: good } = await world.artifact("app");
    world.document.failure = 404;
    await world.request("ExternalSource", "app");
    await eventually(async () => {
      const { status } = await world.source("app");
      return status?.conditions?.some(({ reason }) => reason === "FetchFailed");
    }, { withinMs: patience, what: "the failure is told" });
    assert.deepEqual((await world.artifact("app")).status?.artifact, good?.artifact);
    // Only what Flux downloads again can bring it back.
    await world.delete("ConfigMap", "applied");
    const requested = await world.request("Kustomization", "app");
    await eventually(async () => {
      const { status } = await world.get<KustomizationStatus>("Kustomization", "app");
      return status?.lastHandledReconcileAt === requested && isReady(status);
    }, { withinMs: patience, what: "Flux has reconciled" });
    assert.equal(await world.appliedValue(), "first");
    world.document.failure = undefined;
    world.publishUpstream("second");
    await world.request("ExternalSource", "app");
    await world.untilApplied("app", "second");
    assert.ok(isReady((await world.source("app")).status));
  });
});

Deno.test("a suspended source is not fetched, stays published and Ready, and goes on where it stopped", async () => {
  await inAppliedWorld({ interval: "1s" }, async (world) => {
    await world.patch("ExternalSource", "app", { spec: { suspend: true } });
    await eventually(async () => {
      const { metadata, status } = await world.source("app");
      return status?.observedGeneration === metadata.generation;
    }, { withinMs: patience, what: "the suspension is seen" });
    world.publishUpstream("second");
    world.document.answers.length = 0;
    await world.request("ExternalSource", "app");
    await world.request("ExternalArtifact", "app");
    await world.delete("ExternalArtifact", "app");
    await eventually(async () => (await world.artifact("app")).status?.artifact, {
      withinMs: patience,
      what: "the ExternalArtifact is back",
    });
    await new Promise((resolve) => setTimeout(resolve, 2_500)); // two intervals in which nothing may happen
    assert.deepEqual(world.document.answers, []);
    assert.ok(isReady((await world.source("app")).status));
    const requested = await world.request("Kustomization", "app");
    await eventually(async () => {
      const { status } = await world.get<KustomizationStatus>("Kustomization", "app");
      return status?.lastHandledReconcileAt === requested && isReady(status);
    }, { withinMs: patience, what: "Flux has reconciled" });
    assert.equal(await world.appliedValue(), "first");
    await world.patch("ExternalSource", "app", { spec: { suspend: false } });
    await world.untilApplied("app", "second");
  });
});
