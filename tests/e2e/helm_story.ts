import assert from "node:assert/strict";
import type { E2eWorld } from "./e2e_world.ts";
import { HelmRelease } from "./helm.ts";
import type { Installation } from "./installation.ts";
import { untilGone } from "./leftovers.ts";
import { restrictedNamespace } from "./pods.ts";
import { proveArtifact, proveGateway, provePersistence } from "./proofs.ts";
import { s3Objects, s3Values } from "./s3_pod.ts";
import { Team } from "./team.ts";

const namespace = "externalsource-helm";
const teams = { defaults: "team-helm", replicas: "team-replicas", bucket: "team-s3" };
const crd = "customresourcedefinition.apiextensions.k8s.io/externalsources.source.flux.oddkin.co";

/** From `helm install` to `helm uninstall`, with the defaults, with replicas that have a volume each, and with S3. */
export async function helmStory({ kube }: E2eWorld, test: Deno.TestContext): Promise<void> {
  const release = new HelmRelease(kube, namespace);
  const step = async (name: string, proof: () => Promise<void>) =>
    assert.ok(await test.step(name, proof), name);
  const remove = async () => {
    await release.uninstall();
    await kube.deleteNamespaces(namespace, ...Object.values(teams));
    await kube.run(["delete", crd, "--ignore-not-found", "--timeout=180s"]);
  };
  await remove();
  await kube.apply(restrictedNamespace(namespace));
  const uninstall = async () => {
    await release.uninstall();
    // ExternalSources stay with the definition of their kind, as crds.keep says.
    await untilGone(kube, { namespace, stays: [crd] });
  };

  await step("the defaults", async () => {
    const installation = await release.install();
    const team = await Team.create(kube, teams.defaults);
    const parts = { installation, team };
    await proveArtifact(parts, { name: "app", origin: installation.podOrigin(0) });
    await expectHealthy(installation);
  });
  await step("helm test", async () => assert.match(await release.test(), /Phase:\s+Succeeded/));
  await step("helm uninstall leaves only the definition of the kind", uninstall);
  await step("two replicas, each with a volume of its own, both serve every artifact", async () => {
    const values = ["controller.replicas=2", "controller.storage.backend=pvc"];
    const installation = await release.install(...values);
    const team = await Team.create(kube, teams.replicas);
    const parts = { installation, team };
    const names = ["one", "two", "three", "four"];
    for (const name of names) {
      await proveArtifact(parts, { name, origin: installation.gatewayOrigin });
    }
    const claims = [0, 1].map((each) => `artifact-storage-${installation.podName(each)}`);
    assert.deepEqual(await installation.boundClaims(), claims);
    await proveGateway(parts, names);
    await provePersistence(parts, names);
    await proveGateway(parts, names);
    await expectHealthy(installation);
  });
  await step("two replicas with a bucket", async () => {
    await release.uninstall();
    await kube.apply(...s3Objects(namespace));
    await kube.untilRolledOut(namespace, "statefulset/s3");
    const installation = await release.install("controller.replicas=2", ...s3Values(namespace));
    const team = await Team.create(kube, teams.bucket);
    const parts = { installation, team };
    await proveArtifact(parts, { name: "app", origin: installation.gatewayOrigin });
    await proveGateway(parts, ["app"]);
    await provePersistence(parts, ["app"]);
    await expectHealthy(installation);
  });
  await step("nothing is left without its namespaces and its kind", async () => {
    await remove();
    await untilGone(kube);
  });
}

/** Ready, never started again, within its limits, and without an error in its log. */
async function expectHealthy(installation: Installation): Promise<void> {
  await installation.checkProbes();
  await installation.checkUsage();
  assert.deepEqual(await installation.errors(), []);
}
