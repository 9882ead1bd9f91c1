import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { E2eWorld } from "./e2e_world.ts";
import { Installation } from "./installation.ts";
import { untilGone } from "./leftovers.ts";
import {
  proveArtifact,
  proveCleanup,
  proveFlux,
  proveFluxCli,
  proveHooks,
  provePersistence,
} from "./proofs.ts";
import { Team } from "./team.ts";

const overlay = fileURLToPath(new URL("../../manifests/overlays/e2e", import.meta.url));

/** From `kubectl apply -k` to `kubectl delete -k`. */
export async function kustomizeStory(
  { kube, cluster }: E2eWorld,
  test: Deno.TestContext,
): Promise<void> {
  const teamName = "team-kustomize";
  const remove = async () => {
    await kube.deleteNamespaces(teamName);
    await kube.run(["delete", "-k", overlay, "--ignore-not-found", "--timeout=180s"]);
  };
  await remove();
  await kube.run(["apply", "-k", overlay]);
  const team = await Team.create(kube, teamName);
  const installation = new Installation({
    ...{ kube, namespace: "externalsource-e2e", statefulSet: "externalsource-controller-manager" },
    services: { pods: "externalsource-artifacts", gateway: "externalsource-gateway" },
  });
  await installation.untilReady();
  const parts = { installation, team };
  const origin = installation.podOrigin(0);
  const names = ["app", "hooked", "second", "third"];
  const step = async (name: string, proof: () => Promise<void>) =>
    assert.ok(await test.step(name, proof), name);
  const checkLogs = async () => assert.deepEqual(await installation.errors(), []);

  await step(
    "an artifact is downloaded from another pod",
    () => proveArtifact(parts, { name: "app", origin }),
  );
  await step("Flux applies it and its next version", () => proveFlux(parts, "app"));
  await step("flux get sources external shows it", () => proveFluxCli(kube, team, "app"));
  await step("hooks run in the sidecar, which answers no other pod", () => proveHooks(parts));
  await step("several artifacts are in one volume", async () => {
    for (const name of ["second", "third"]) await proveArtifact(parts, { name, origin });
    const claim = `artifact-storage-${installation.podName(0)}`;
    assert.deepEqual(await installation.boundClaims(), [claim]);
  });
  await step("a deleted source is served no more", () => proveCleanup(parts));
  await step(
    "all probes are green, and no container was started again",
    () => installation.checkProbes(),
  );
  await step("every container is within its limits", () => installation.checkUsage());
  await step("no container logged an error", checkLogs);
  await step("all of them outlive the pod", () => provePersistence(parts, names));
  await step("all of them outlive a power cut of the node", async () => {
    const before = await Promise.all(names.map((name) => team.published(name)));
    await cluster.restart();
    for (const published of before) {
      await kube.until(`${published.url} is served`, async () => {
        await team.download(published);
        return true;
      });
    }
    await installation.untilReady();
    assert.deepEqual(await Promise.all(names.map((name) => team.published(name))), before);
  });
  await step("still no container logged an error", checkLogs);
  await step("kubectl delete -k leaves nothing", async () => {
    await remove();
    await untilGone(kube);
  });
}
