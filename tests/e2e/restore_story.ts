import assert from "node:assert/strict";
import { ownerMark, ownerMarkName } from "../../src/store/owner_mark.ts";
import type { E2eCluster, E2eWorld } from "./e2e_world.ts";
import { uninstallReleases } from "./go_release.ts";
import { HelmRelease } from "./helm.ts";
import type { Kube, KubeObject } from "./kube.ts";
import { restrictedNamespace } from "./pods.ts";
import { proveArtifact, proveFlux } from "./proofs.ts";
import { type Published, Team } from "./team.ts";
import { claimObject, Volume } from "./volume.ts";

const namespace = "externalsource-restore";
const teamName = "team-restore";
const definition = "customresourcedefinition/externalsources.source.flux.oddkin.co";
const values = ["controller.storage.backend=pvc"];
/** Of one the API goes on, of the other it is gone. */
const names = ["app", "lost"] as const;

/** What is kept of a cluster: the tree of its volume, and objects as a backup of the API server has them. */
interface Backup {
  readonly claim: string;
  readonly volume: string;
  readonly artifacts: readonly string[];
  readonly sources: readonly KubeObject[];
  readonly configMap: KubeObject;
  readonly published: Readonly<Record<string, Published>>;
}

/** A cluster that is lost, and another one that goes on with what was on its volume (docs/storage.md, Backup and restore). */
export async function restoreStory(world: E2eWorld, test: Deno.TestContext): Promise<void> {
  const step = async (name: string, proof: () => Promise<void>) =>
    assert.ok(await test.step(name, proof), name);
  let backup: Backup;
  await step("a volume and objects are copied while the controller runs", async () => {
    backup = await backUp(world.kube);
  });
  await using empty = await world.startEmpty();
  await step(
    "another cluster serves what the old one published, and Flux rolls nothing out",
    () => restore(empty, backup),
  );
  await step("--store-adopt takes the volume over and deletes nothing", () => adopt(empty, backup));
}

async function backUp(kube: Kube): Promise<Backup> {
  const release = new HelmRelease(kube, namespace);
  await uninstallReleases(kube);
  await kube.run(["delete", definition, "--ignore-not-found", "--timeout=180s"]);
  await kube.deleteNamespaces(namespace, teamName);
  await kube.apply(restrictedNamespace(namespace));
  const installation = await release.install(...values);
  const team = await Team.create(kube, teamName);
  for (const name of names) {
    await proveArtifact({ installation, team }, { name, origin: installation.podOrigin(0) });
  }
  await proveFlux({ installation, team }, "app");
  const claim = `artifact-storage-${installation.podName(0)}`;
  const volume = await Volume.open(kube, { namespace, claim });
  return {
    claim,
    volume: await volume.copy(),
    artifacts: await volume.artifacts(),
    sources: (await kube.list("externalsources", teamName)).map(restorable),
    configMap: restorable(await kube.get(teamName, "configmap/app") ?? {}),
    published: await publishedBy(team),
  };
}

async function publishedBy(team: Team): Promise<Record<string, Published>> {
  const found: Record<string, Published> = {};
  for (const name of names) {
    const { url, digest, revision } = await team.published(name);
    found[name] = { url, digest, revision };
  }
  return found;
}

/** An object without what only its old cluster knows. */
function restorable({ apiVersion, kind, metadata, ...rest }: KubeObject): KubeObject {
  const { name, namespace, labels = {}, annotations = {} } = metadata;
  return { apiVersion, kind, metadata: { name, namespace, labels, annotations }, ...rest };
}

async function restore({ kube }: E2eCluster, backup: Backup): Promise<void> {
  await kube.apply(restrictedNamespace(namespace), claimObject({ namespace, ...backup }));
  const volume = await Volume.open(kube, { namespace, ...backup });
  await volume.fill(backup.volume);
  const team = await Team.create(kube, teamName);
  await team.say("app.json", team.configMap("app", "second"));
  // As a backup of the API server restores it: what it is would change if Flux applied anything to it.
  await kube.run(
    ["create", "--field-manager=backup", "--filename=-"],
    JSON.stringify(backup.configMap),
  );
  const before = await kube.get(teamName, "configmap/app");

  const release = new HelmRelease(kube, namespace);
  await release.install(...values, "controller.replicas=0");
  const [app, lost] = names.map((name) =>
    backup.sources.find(({ metadata }) => metadata.name === name)!
  );
  // Its upstream is gone: only its status says what it published.
  await createWithStatus(kube, lost!);
  const installation = await release.install(...values);
  for (const published of Object.values(backup.published)) await team.download(published);
  // As from Git.
  await kube.run(["create", "--filename=-"], JSON.stringify({ ...app, status: undefined }));
  assert.deepEqual(await publishedBy(team), backup.published);
  await team.createKustomization("app");
  assert.equal(await team.appliedRevision("app"), backup.published["app"]?.revision);
  assert.deepEqual(await kube.get(teamName, "configmap/app"), before);
  assert.deepEqual(await volume.artifacts(), backup.artifacts);
  assert.deepEqual(await installation.errors(), []);
  assert.ok((await installation.log()).some(saysForeign), "the mark of the old cluster is there");
}

/** Before the controller runs, which would otherwise make a status of its own first. */
async function createWithStatus(kube: Kube, source: KubeObject): Promise<void> {
  const { metadata, status } = source;
  await kube.run(["create", "--filename=-"], JSON.stringify(source));
  const patch = ["--subresource=status", "--type=merge", `--patch=${JSON.stringify({ status })}`];
  await kube.run([
    ...["patch", "externalsource", metadata.name, "-n", metadata.namespace],
    ...patch,
  ]);
}

function saysForeign(line: string): boolean {
  return line.includes("mark of another cluster");
}

async function adopt({ kube }: E2eCluster, backup: Backup): Promise<void> {
  const release = new HelmRelease(kube, namespace);
  const volume = await Volume.open(kube, { namespace, ...backup });
  await release.install(...values, "controller.extraArgs={--store-adopt}");
  const { metadata } = JSON.parse(await kube.run(["get", "namespace/kube-system", "-o=json"]));
  const mark = ownerMarkName({ namespace: "", labels: "" });
  await kube.until("the volume is this cluster's", async () => {
    return `${await volume.readMark(mark)}\n` === ownerMark(metadata.uid);
  });
  const installation = await release.install(...values);
  assert.deepEqual((await installation.log()).filter(saysForeign), []);
  assert.deepEqual(await installation.errors(), []);
  const team = Team.open(kube, teamName);
  assert.deepEqual(await publishedBy(team), backup.published);
  for (const published of Object.values(backup.published)) await team.download(published);
  assert.deepEqual(await volume.artifacts(), backup.artifacts);
}
