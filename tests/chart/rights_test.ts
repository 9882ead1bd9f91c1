import assert from "node:assert/strict";
import { parse, stringify } from "yaml";
import { findCondition } from "../../src/core/condition.ts";
import { eventually } from "../acceptance/eventually.ts";
import { FluxWorld, patience } from "../acceptance/flux_world.ts";
import { writeSecret } from "../acceptance/write_secret.ts";
import type { ControlPlane } from "../cluster/control_plane.ts";
import { KubeWorld } from "../integration/kube_world.ts";
import { runCommand } from "../run_command.ts";
import { buildKustomization, findManifest, type Manifest, renderChart } from "./programs.ts";

const account = /^(ServiceAccount|(Cluster)?Role(Binding)?)$/;

/** Applies the rights of an installation and writes the kubeconfig of its ServiceAccount. */
async function writeKubeconfig(plane: ControlPlane, manifests: readonly Manifest[], file: string) {
  const items = manifests.filter(({ kind }) => account.test(kind));
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  await plane.kubectl(["apply", "--filename", "-"], list);
  const { name, namespace } = findManifest(items, "ServiceAccount").metadata;
  const token = await plane.kubectl(["create", "token", name, "--namespace", namespace]);
  const config = parse(await Deno.readTextFile(plane.kubeconfig));
  for (const each of config.users) each.user = { token };
  await Deno.writeTextFile(file, stringify(config));
}

/** What `helm test` runs, which has bash in its image. */
async function runHelmTest(manifests: readonly Manifest[], port: number) {
  const [container] = findManifest(manifests, "Pod", "-test-artifacts").spec.containers;
  const [shell, options, script] = container.command;
  const args = [options, script.replace("/8080", `/${port}`)];
  const status = await runCommand(shell, { args, env: { HOST: "127.0.0.1" } });
  assert.match(status, /^HTTP\/1.1 404 /);
  const nobody = [options, script.replace("/8080", "/1")];
  await assert.rejects(runCommand(shell, { args: nobody, env: { HOST: "127.0.0.1" } }));
}

/** Renders an installation for a namespace that has sources. */
type Render = (namespace: string) => Promise<Manifest[]>;

/** Until then an API server answers a watch of a new kind with 429, of which the controller warns. kubectl waits for it. */
async function untilWatchable(plane: ControlPlane) {
  const kinds = [
    "source.flux.oddkin.co/v1alpha1/externalsources",
    "source.toolkit.fluxcd.io/v1/externalartifacts",
  ];
  for (const kind of kinds) {
    await plane.kubectl(["get", "--raw", `/apis/${kind}?watch=true&timeoutSeconds=1`]);
  }
}

/** A source with a Secret and a finalizer of the Go implementation, from its creation to its end. */
async function liveThrough(plane: ControlPlane, kubeconfig: string, render: Render) {
  const env = { POD_NAMESPACE: "flux-system", CONFIG_MAP_NAMESPACE: "flux-system" };
  const prepare = async (world: FluxWorld) => {
    await writeKubeconfig(plane, await render(world.namespace), kubeconfig);
    await writeSecret(world, "token", { "X-Token": "x" });
  };
  const options = { kubeconfig, args: ["--leader-elect"], env, prepare };
  await FluxWorld.run(plane, options, async (world) => {
    world.publishUpstream("first");
    const http = { url: `${world.origin}/document.yaml`, headersSecretRef: { name: "token" } };
    await world.createSource("lived", { generator: { type: "http", http } });
    await eventually(async () => {
      const { conditions = [] } = (await world.source("lived")).status ?? {};
      return findCondition(conditions, "Ready")?.status === "True";
    }, { withinMs: patience, what: "the source is ready" });
    const finalizers = ["source.flux.oddkin.co/externalsource-finalizer"];
    const patch = JSON.stringify({ metadata: { finalizers } });
    const source = ["externalsource", "lived", "--namespace", world.namespace];
    await plane.kubectl(["patch", ...source, "--type=merge", "--patch", patch]);
    // Returns once the finalizer is gone.
    await plane.kubectl(["delete", ...source, "--timeout=30s"]);
    const events = await plane.kubectl(["get", "events", "--namespace", world.namespace]);
    assert.match(events, /externalsource\/lived/);
    await runHelmTest(await renderChart(), world.controller.port);
    assert.doesNotMatch(world.controller.log(), /forbid/i);
    assert.doesNotMatch(world.controller.log(), /"level":"(warn|error)"/);
  });
}

const allowed = [
  ["get", "namespaces/kube-system"],
  ["update", "leases.coordination.k8s.io", "--namespace=flux-system"],
];

const refused = [
  ["list", "secrets", "--namespace=default"],
  ["get", "configmaps", "--namespace=default"],
  ["get", "namespaces/default"],
  ["get", "leases.coordination.k8s.io", "--namespace=default"],
  ["create", "pods", "--namespace=flux-system"],
];

async function checkRights(plane: ControlPlane, kubeconfig: string) {
  const ask = (question: readonly string[]) =>
    plane.kubectl(["auth", "can-i", "--quiet", ...question, "--kubeconfig", kubeconfig]);
  for (const question of allowed) await ask(question);
  for (const question of refused) await assert.rejects(ask(question), question.join(" "));
}

Deno.test("the controller can do its work with the rights of chart and kustomization, and not read what is not its own", async (test) => {
  const { plane } = await KubeWorld.start();
  try {
    await plane.kubectl(["create", "namespace", "flux-system"]);
    await untilWatchable(plane);
    const set = (namespace: string) => [`controller.watchNamespace=${namespace}`];
    const installations: Record<string, Render> = {
      "a kustomization": () => buildKustomization("base"),
      "the chart": () => renderChart(),
      "the chart for one namespace": (namespace) =>
        renderChart({ release: "narrow", set: set(namespace) }),
    };
    for (const [name, render] of Object.entries(installations)) {
      await test.step(name, async () => {
        const kubeconfig = await Deno.makeTempFile({ prefix: "rights-" });
        await liveThrough(plane, kubeconfig, render);
        const others = ["auth", "can-i", "--quiet", "get", "secrets", "--namespace=default"];
        const mayRead = plane.kubectl([...others, "--kubeconfig", kubeconfig]);
        if (name.endsWith("one namespace")) await assert.rejects(mayRead);
        else await mayRead;
        await checkRights(plane, kubeconfig);
        await Deno.remove(kubeconfig);
      });
    }
  } finally {
    await plane.close();
  }
});
