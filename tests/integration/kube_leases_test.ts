import assert from "node:assert/strict";
import { systemClock } from "../../src/cli/system_clock.ts";
import { connectLeases } from "../../src/objects/kube/connect_leases.ts";
import { kubeconfigCredentials } from "../../src/objects/kube/kubeconfig_credentials.ts";
import { NotFoundError, ObjectsUnavailableError } from "../../src/objects/objects.ts";
import { testLeases } from "../contract/leases.ts";
import { ApiProxy } from "../proxy/api_proxy.ts";
import { KubeWorld } from "./kube_world.ts";

let world: KubeWorld;

Deno.test.beforeAll(async () => {
  world = await KubeWorld.start();
});
Deno.test.afterAll(() => world?.plane.close());

const admin = () => kubeconfigCredentials({ file: world.plane.kubeconfig });

async function connect(namespace: string, server?: string) {
  const credentials = { ...await admin(), ...(server === undefined ? {} : { server }) };
  const options = { clock: systemClock, userAgent: "test", requestMs: 5_000 };
  return connectLeases({ credentials, namespace, ...options });
}

testLeases("KubeLeases", async () => {
  const leases = await connect(await world.namespace());
  return { leases, close: () => leases.close() };
});

const wanted = {
  ...{ name: "a", labels: {}, annotations: {}, holder: "a" },
  ...{ durationMs: 1_000, acquiredAt: 0, renewedAt: 0, transitions: 0 },
};

Deno.test("KubeLeases reads what client-go writes, and a Lease that says nothing", async () => {
  const namespace = await world.namespace();
  const leases = await connect(namespace);
  const lease = (name: string, spec: unknown) =>
    world.plane.kubectl(
      ["-n", namespace, "create", "-f", "-"],
      JSON.stringify({
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name },
        spec,
      }),
    );
  try {
    await lease("empty", {});
    const { holder, durationMs, renewedAt } = (await leases.read("empty"))!;
    assert.deepEqual({ holder, durationMs, renewedAt }, {
      holder: "",
      durationMs: 0,
      renewedAt: 0,
    });
    await lease("go", {
      holderIdentity: "pod_1",
      leaseDurationSeconds: 15,
      renewTime: "2026-01-01T00:00:00.123456Z",
    });
    const go = (await leases.read("go"))!;
    assert.deepEqual([go.holder, go.durationMs, go.renewedAt], [
      "pod_1",
      15_000,
      Date.UTC(2026, 0, 1, 0, 0, 0, 123),
    ]);
  } finally {
    leases.close();
  }
});

Deno.test("KubeLeases.create() says that the namespace is missing", async () => {
  const leases = await connect("nowhere");
  try {
    await assert.rejects(leases.create(wanted), NotFoundError);
  } finally {
    leases.close();
  }
});

Deno.test("KubeLeases takes no answer for an empty list that is none, and tells a missing right", async () => {
  const namespace = await world.namespace();
  const proxy = new ApiProxy((await admin()).server, world.plane.dir);
  const leases = await connect(namespace, proxy.url);
  try {
    proxy.intercept = () => Response.json({ kind: "LeaseList" });
    await assert.rejects(leases.list({}), ObjectsUnavailableError);
    proxy.intercept = () => Response.json({ kind: "Status", code: 403 }, { status: 403 });
    await assert.rejects(
      leases.list({}),
      (error) => error instanceof ObjectsUnavailableError && error.refusal === "forbidden",
    );
  } finally {
    leases.close();
    await proxy.close();
  }
});
