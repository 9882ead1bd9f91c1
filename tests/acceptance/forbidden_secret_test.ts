import assert from "node:assert/strict";
import { findCondition } from "../../src/core/condition.ts";
import { KubeWorld } from "../integration/kube_world.ts";
import { eventually } from "./eventually.ts";
import { FluxWorld, patience } from "./flux_world.ts";
import { limitedAccount, limitedKubeconfig } from "./limited_kubeconfig.ts";
import { writeSecret } from "./write_secret.ts";

Deno.test("a Secret that the operator may not read is named in the status, until it may", async () => {
  const { plane } = await KubeWorld.start();
  const kubeconfig = await Deno.makeTempFile({ prefix: "limited-" });
  try {
    await limitedKubeconfig(plane, kubeconfig, { resources: ["configmaps", "events"] });
    await FluxWorld.run(plane, { kubeconfig }, async (world) => {
      world.publishUpstream("good");
      await writeSecret(world, "token", { "X-Token": "x" });
      const url = `${world.origin}/document.yaml`;
      const headersSecretRef = { name: "token" };
      await world.createSource("good");
      await world.createSource("secretive", {
        generator: { type: "http", http: { url, headersSecretRef } },
      });
      const until = (name: string, reason: string) =>
        eventually(async () => {
          const { conditions = [] } = (await world.source(name)).status ?? {};
          const ready = findCondition(conditions, "Ready");
          return ready?.reason === reason && ready;
        }, { withinMs: patience, what: `${name} is ${reason}` });
      const { message } = await until("secretive", "SecretForbidden");
      assert.ok(
        message.startsWith(`Cannot read Secret "${world.namespace}/token": the API server forbids`),
        message,
      );
      await until("good", "Succeeded");

      const reader = ["secret-reader", "--verb=get", "--resource=secrets"];
      await plane.kubectl(["create", "clusterrole", ...reader]);
      const binding = ["--clusterrole=secret-reader", `--serviceaccount=${limitedAccount}`];
      await plane.kubectl(["create", "clusterrolebinding", "secret-reader", ...binding]);
      await until("secretive", "Succeeded");
    });
  } finally {
    await Deno.remove(kubeconfig);
    await plane.close();
  }
});
