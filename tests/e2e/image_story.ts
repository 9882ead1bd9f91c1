import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { E2eWorld } from "./e2e_world.ts";
import { goNames, goObjects } from "./go_objects.ts";
import { imageNames } from "./images.ts";
import { Installation } from "./installation.ts";
import type { KubeObject } from "./kube.ts";
import { untilGone } from "./leftovers.ts";
import { restrictedNamespace } from "./pods.ts";
import { proveArtifact, proveHooks } from "./proofs.ts";
import { Team } from "./team.ts";

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const definition = file("../../manifests/crd/externalsources.yaml");
const namespace = "externalsource-image";
const teamName = "team-image";

/** Ours in the place of Go's, and the memory that docs/migration.md asks for: there is still no volume at /tmp, and no right to read a Namespace. */
function withOurImages(statefulSet: KubeObject): KubeObject {
  const changed = structuredClone(statefulSet);
  for (const container of changed.spec.template.spec.containers) {
    container.image = container.name === "manager" ? imageNames.controller : imageNames.hooks;
    container.resources.limits.memory = "512Mi";
  }
  return changed;
}

async function objectsWithOurImages(): Promise<readonly KubeObject[]> {
  const values = parse(await Deno.readTextFile(file("../chart/go_values.yaml")));
  values.controller.storage.backend = "pvc";
  values.controller.hookExecutor.whitelist = "commands: {jq: {allowed: true}, yq: {allowed: true}}";
  return goObjects({ namespace, values })
    .filter(({ kind }) => kind !== "CustomResourceDefinition")
    .map((each) => each.kind === "StatefulSet" ? withOurImages(each) : each);
}

/** The first sentence of docs/migration.md: the new definition, then the other images, in a StatefulSet that is not of ours. */
export async function imageStory({ kube }: E2eWorld, test: Deno.TestContext): Promise<void> {
  const objects = await objectsWithOurImages();
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
  const remove = async () => {
    await kube.run(["delete", "--ignore-not-found", "--timeout=180s", "--filename=-"], list);
    await kube.run(["delete", "--ignore-not-found", "--timeout=180s", `--filename=${definition}`]);
    await kube.deleteNamespaces(namespace, teamName);
  };
  await remove();
  await kube.run(["apply", `--filename=${definition}`]);
  await kube.apply(restrictedNamespace(namespace), ...objects);
  const team = await Team.create(kube, teamName);
  const installation = new Installation({
    ...{ kube, namespace, statefulSet: goNames.manager },
    services: { pods: goNames.pods, gateway: "" },
  });
  const step = async (name: string, proof: () => Promise<void>) =>
    assert.ok(await test.step(name, proof), name);

  await step("both containers become ready", () => installation.untilReady());
  await step(
    "an artifact is downloaded from another pod",
    () => proveArtifact({ installation, team }, { name: "app", origin: installation.podOrigin(0) }),
  );
  await step("hooks run in the sidecar", () => proveHooks({ installation, team }));
  await step("the log says what the old rights do not let it do, and of no error", async () => {
    assert.ok((await installation.log()).some((line) => /kube-system.*swept/.test(line)));
    assert.deepEqual(await installation.errors(), []);
    await installation.checkProbes();
  });
  await step("nothing is left", async () => {
    await remove();
    await untilGone(kube);
  });
}
