import assert from "node:assert/strict";
import { startControlPlane } from "./control_plane.ts";

Deno.test("startControlPlane() keeps its data and its kubeconfig over a restart of the API server", async () => {
  const plane = await startControlPlane();
  try {
    await plane.kubectl(["create", "configmap", "kept", "--from-literal=a=1"]);
    await plane.stop("kube-apiserver");
    await assert.rejects(plane.kubectl(["get", "configmap", "kept"]));
    await plane.start();
    const value = await plane.kubectl(["get", "configmap", "kept", "-o", "jsonpath={.data.a}"]);
    assert.equal(value, "1");
  } finally {
    await plane.close();
  }
  await assert.rejects(Deno.stat(plane.dir), Deno.errors.NotFound);
});

Deno.test("kubectl() passes standard input on and fails with what kubectl says", async () => {
  const plane = await startControlPlane();
  try {
    const manifest = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } };
    await plane.kubectl(["apply", "-f", "-"], JSON.stringify(manifest));
    await assert.rejects(plane.kubectl(["get", "configmap", "b"]), /configmaps "b" not found/);
  } finally {
    await plane.close();
  }
});
