import assert from "node:assert/strict";
import { kubeconfigCredentials } from "../../src/objects/kube/kubeconfig_credentials.ts";
import { ObjectsUnavailableError } from "../../src/objects/objects.ts";
import { KubeWorld } from "./kube_world.ts";

const spec = { interval: "5m", generator: { type: "http", http: { url: "http://127.0.0.1:1/c" } } };

Deno.test("KubeObjects asks whether it may write right before it sends, after it got its credentials", async () => {
  const world = await KubeWorld.start();
  try {
    const namespace = await world.namespace();
    await world.createSources(namespace, [{ name: "a", spec }]);
    const admin = await kubeconfigCredentials({ file: world.plane.kubeconfig });
    const calls: string[] = [];
    let [allowed, onRead] = [true, () => {}];
    const objects = await world.connect({
      credentials: {
        ...admin,
        read: async (renew) => {
          const credentials = await admin.read(renew);
          onRead();
          return credentials;
        },
      },
      // Read again for each call.
      times: { refreshMs: 0 },
      mayWrite: () => allowed,
      onCall: ({ method }) => void calls.push(method),
    });
    const source = (await objects.readSource({ namespace, name: "a" }))!;
    const written = await objects.writeSourceStatus(source, { failures: 1 });
    onRead = () => allowed = false; // the lease ran out meanwhile
    await assert.rejects(
      objects.writeSourceStatus(written, { failures: 2 }),
      (error) => error instanceof ObjectsUnavailableError && error.refusal === undefined,
    );
    assert.deepEqual(calls, ["GET", "PATCH"]);
    assert.equal((await objects.readSource({ namespace, name: "a" }))?.status.failures, 1);
    await objects.close();
  } finally {
    await world.plane.close();
  }
});
