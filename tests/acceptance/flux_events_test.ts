import assert from "node:assert/strict";
import { type ControlPlane, startControlPlane } from "../cluster/control_plane.ts";
import { eventually } from "./eventually.ts";
import { FluxWorld, isReady, patience } from "./flux_world.ts";

/** An event as fluxcd/pkg `apis/event/v1beta1` decodes it, strictly. */
interface Posted {
  readonly involvedObject: Readonly<Record<string, string>>;
  readonly severity: string;
  readonly timestamp: string;
  readonly message: string;
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly reportingController: string;
  readonly reportingInstance: string;
}

const fields = [
  ...["involvedObject", "message", "metadata", "reason", "reportingController"],
  ...["reportingInstance", "severity", "timestamp"],
];

let plane: ControlPlane;
Deno.test.beforeAll(async () => {
  plane = await startControlPlane({ with: ["kustomize-controller"] });
});
Deno.test.afterAll(() => plane.close());

/** Stands where notification-controller does, and takes what it would match by a stock Alert. */
function startListener(posted: Posted[]): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    assert.equal(request.method, "POST");
    posted.push(await request.json());
    return new Response(null, { status: 202 });
  });
}

Deno.test("--events-addr gets what a stock Alert on the ExternalArtifact matches: a new artifact, a failure, a recovery", async () => {
  const posted: Posted[] = [];
  const listener = startListener(posted);
  const args = [`--events-addr=http://127.0.0.1:${listener.addr.port}/`];
  const until = (reason: string) =>
    eventually(() => posted.find((each) => each.reason === reason), {
      withinMs: patience,
      what: `an event ${reason}`,
    });
  try {
    await FluxWorld.run(plane, { args }, async (world) => {
      world.publishUpstream("first");
      await world.createSource("app");
      const made = await until("NewArtifact");
      const { metadata, status } = await world.artifact("app");
      const { revision } = status!.artifact!;
      assert.deepEqual(Object.keys(made).toSorted(), fields);
      const { resourceVersion: _, ...involved } = made.involvedObject;
      assert.deepEqual(involved, {
        apiVersion: "source.toolkit.fluxcd.io/v1",
        kind: "ExternalArtifact",
        name: "app",
        namespace: world.namespace,
        uid: metadata.uid,
      });
      assert.equal(made.severity, "info");
      assert.equal(made.metadata["source.toolkit.fluxcd.io/revision"], revision);
      assert.match(made.message, new RegExp(revision));
      assert.match(made.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      world.document.failure = 404;
      await world.request("ExternalSource", "app");
      assert.equal((await until("FetchFailed")).severity, "error");
      world.document.failure = undefined;
      await world.request("ExternalArtifact", "app");
      assert.equal((await until("Succeeded")).severity, "info");
      await eventually(async () => isReady((await world.source("app")).status), {
        withinMs: patience,
        what: "the source is ready",
      });
      const told = posted.map(({ involvedObject, reason }) => `${involvedObject.kind} ${reason}`);
      assert.deepEqual(told, [
        "ExternalArtifact NewArtifact",
        "ExternalArtifact FetchFailed",
        "ExternalArtifact Succeeded",
      ]);
    });
  } finally {
    await listener.shutdown();
  }
});
