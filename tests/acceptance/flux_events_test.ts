import assert from "node:assert/strict";
import type { ControlPlane } from "../cluster/control_plane.ts";
import { KubeWorld } from "../integration/kube_world.ts";
import { eventually } from "./eventually.ts";
import { FluxWorld, isReady, patience } from "./flux_world.ts";
import { type KubeEvent, ourEvents } from "./our_events.ts";

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
  plane = (await KubeWorld.start()).plane;
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

/** As notification-controller decodes it, about the ExternalArtifact "app". */
function expectFluxEvent(event: Posted, about: Readonly<Record<string, string>>): void {
  assert.deepEqual(Object.keys(event).toSorted(), fields);
  const { resourceVersion, ...involved } = event.involvedObject;
  assert.match(resourceVersion ?? "", /^\d+$/);
  assert.deepEqual(involved, {
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "ExternalArtifact",
    name: "app",
    ...about,
  });
  assert.match(event.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.equal(event.reportingController, "externalsource-controller");
}

/** A failure that is tried again and again, and quickly. */
const env = { RETRY_BASE_DELAY: "50ms", RETRY_MAX_DELAY: "100ms", RETRY_MAX_ATTEMPTS: "1000" };

/** Lets a source publish, fail five times over and recover; `toldOf` waits for an event of a reason. */
async function failAndRecover(
  world: FluxWorld,
  toldOf: (reason: string) => Promise<unknown>,
): Promise<void> {
  world.publishUpstream("first");
  await world.createSource("app");
  await toldOf("NewArtifact");
  world.document.answers.length = 0;
  world.document.failure = 500;
  await world.request("ExternalSource", "app");
  await toldOf("FetchFailed");
  await eventually(() => world.document.answers.length >= 5, {
    withinMs: patience,
    what: "it was tried again",
  });
  world.document.failure = undefined;
  await toldOf("Succeeded");
  await eventually(async () => isReady((await world.source("app")).status), {
    withinMs: patience,
    what: "the source is ready",
  });
}

Deno.test("Kubernetes Events tell of a new artifact, a failure and a recovery on both objects, and of no retry", async () => {
  await FluxWorld.run(plane, { env }, async (world) => {
    const toldOf = (reason: string) =>
      eventually(
        async () => (await ourEvents(world)).filter((each) => each.reason === reason).length === 2,
        { withinMs: patience, what: `an event ${reason} on both objects` },
      );
    await failAndRecover(world, toldOf);
    world.publishUpstream("second");
    const { revision } = (await world.source("app")).status!.artifact!;
    await world.request("ExternalSource", "app");
    const { uid: sourceUid } = (await world.source("app")).metadata;
    const { uid: artifactUid } = (await world.artifact("app")).metadata;
    const about = (uid: string, events: readonly KubeEvent[]) =>
      events.filter(({ involvedObject }) => involvedObject.uid === uid);
    const events = await eventually(async () => {
      const found = await ourEvents(world);
      return found.length >= 8 && found;
    }, { withinMs: patience, what: "the events of the second document" });
    for (const uid of [sourceUid, artifactUid]) {
      const told = about(uid, events).map(({ type, reason, count }) =>
        `${type} ${reason} ${count}`
      );
      assert.deepEqual(told.toSorted(), [
        "Normal NewArtifact 1",
        "Normal NewArtifact 1",
        "Normal Succeeded 1",
        "Warning FetchFailed 1",
      ]);
      const ofFirst = about(uid, events).filter(({ message }) => message.includes(revision));
      assert.deepEqual(ofFirst.map(({ reason }) => reason).toSorted(), [
        "NewArtifact",
        "Succeeded",
      ]);
    }
    assert.equal(events.length, 8);
  });
});

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
    await FluxWorld.run(plane, { args, env }, async (world) => {
      await failAndRecover(world, until);
      const told = posted.map(({ involvedObject: { kind }, severity, reason }) =>
        `${kind} ${severity} ${reason}`
      );
      assert.deepEqual(told, [
        "ExternalArtifact info NewArtifact",
        "ExternalArtifact error FetchFailed",
        "ExternalArtifact info Succeeded",
      ]);
      const { metadata: { uid }, status } = await world.artifact("app");
      for (const each of posted) {
        expectFluxEvent(each, { namespace: world.namespace, uid });
        const { revision } = status!.artifact!;
        assert.deepEqual(each.metadata, { "source.toolkit.fluxcd.io/revision": revision });
        if (each.severity === "info") assert.ok(each.message.includes(revision), each.message);
      }
    });
  } finally {
    await listener.shutdown();
  }
});
