import assert from "node:assert/strict";
import { goLeaderLease } from "../../src/shard/lookout.ts";
import type { E2eWorld } from "./e2e_world.ts";
import { goDefinitions } from "./go_crds.ts";
import { loadGoImages } from "./go_image.ts";
import { GoRelease, uninstallReleases } from "./go_release.ts";
import { type GoPublished, publishAsGo } from "./go_source.ts";
import type { Kube, KubeObject } from "./kube.ts";
import { untilGone } from "./leftovers.ts";
import { restrictedNamespace } from "./pods.ts";
import { Team } from "./team.ts";
import { UpgradePolls } from "./upgrade_polls.ts";
import { UpgradeWatch } from "./upgrade_watch.ts";

const namespace = "externalsource-upgrade";
const teamName = "team-upgrade";
const definition = "customresourcedefinition/externalsources.source.flux.oddkin.co";
const leaseMs = 15_000;

const transform = { type: "cel", expression: "data" };
const hooks = {
  preRequest: [{ name: "never", command: "jq", args: ["."], retryPolicy: "ignore" }],
  postRequest: [
    { name: "name", command: "jq", args: ["-c", "{name}"], timeout: "20s", retryPolicy: "retry" },
    { name: "yaml", command: "yq", args: ["-P", "."], env: [] },
  ],
};
const suspended = {
  ...{ interval: "90m", suspend: true, destinationPath: "/conf/values.json" },
  generator: {
    type: "http",
    http: {
      ...{ url: "https://example.com/values.json", method: "POST", insecureSkipVerify: true },
      headersSecretRef: { name: "headers" },
      caBundleSecretRef: { name: "authorities", key: "ca.pem" },
    },
  },
};

/** What there is when somebody upgrades. */
interface Before {
  readonly kube: Kube;
  readonly release: GoRelease;
  readonly team: Team;
  readonly app: GoPublished;
  readonly hooked: GoPublished;
  readonly suspended: GoPublished;
}

/** What looks on while somebody upgrades. */
interface During extends Before {
  readonly polls: UpgradePolls;
  readonly watch: UpgradeWatch;
}

/** Everything that the Go implementation leaves, in the order in which it comes about. */
async function prepare({ cluster, kube }: E2eWorld): Promise<Before> {
  const release = new GoRelease(kube, namespace);
  await kube.apply(restrictedNamespace(namespace));
  await loadGoImages(cluster);
  await release.install();
  const team = await Team.create(kube, teamName);
  const publisher = { kube, installation: release.installation, team };
  const publish = (name: string, document: string) => publishAsGo(publisher, name, document);

  const document = team.configMap("app", "first");
  await team.say("app.json", document);
  await team.createSource("app", { transform });
  const app = await publish("app", JSON.stringify(document));
  await team.createSource("suspended", suspended);
  const old = await publish("suspended", "of another time");
  // Hooks want the other definition. Under it the API server does not show `transform`, which it has stored.
  await kube.apply(goDefinitions.kustomize);
  await team.say("hooked.json", { name: "hooked", secret: true });
  await kube.until("hooks are taken", async () => {
    await team.createSource("hooked", { maxRetries: 5, hooks });
    return true;
  });
  const hooked = await publish("hooked", "name: hooked\n");
  await team.createKustomization("app");
  return { kube, release, team, app, hooked, suspended: old };
}

/** Waits until every URL that is polled has led to the right bytes some more times. */
async function untilServed({ kube, polls }: During): Promise<void> {
  const begin = await polls.served();
  await kube.until("every URL is served", async () => {
    const now = await polls.served();
    const late = [...now].filter(([url, count]) => count < (begin.get(url) ?? 0) + 5);
    if (late.length === 0) return true;
    throw new Error(JSON.stringify({ late, answers: await polls.answers() }));
  });
}

async function checkPublished({ kube, team, app, hooked, suspended }: During): Promise<void> {
  for (const { name, source } of [app, hooked]) {
    const old = source.status.artifact.revision;
    const isNew = ({ artifact }: KubeObject) => artifact?.revision !== old;
    assert.match((await team.published(name, isNew)).revision, /^latest@sha256:/);
  }
  const downloaded = async (name: string) => await team.download(await team.published(name));
  assert.deepEqual(JSON.parse(await downloaded("app")), team.configMap("app", "first"));
  assert.equal(await downloaded("hooked"), "name: hooked");
  // Nobody may fetch this one: it is as it was.
  const { status } = suspended.source;
  const found = await kube.get(team.namespace, "externalsource/suspended");
  const artifact = await kube.get(team.namespace, "externalartifact/suspended");
  const readyOf = ({ conditions }: KubeObject) =>
    conditions.find(({ type }: KubeObject) => type === "Ready");
  assert.deepEqual(readyOf(found?.status), readyOf(status));
  for (const each of [found, artifact]) {
    const { url, revision } = each?.status.artifact;
    assert.deepEqual({ url, revision }, { url: suspended.url, revision: status.artifact.revision });
  }
}

async function checkLease({ kube, watch }: During): Promise<void> {
  await kube.until("the Lease of Go's leader is gone", async () => {
    const names = (await kube.list("leases", namespace)).map(({ metadata }) => metadata.name);
    return !names.includes(goLeaderLease);
  });
  const { renewedAt, writtenAt } = watch;
  assert.ok(renewedAt && writtenAt);
  // The API server notes whole seconds.
  assert.ok(
    writtenAt + 999 >= renewedAt + leaseMs,
    `written ${writtenAt - renewedAt} ms after the Lease was renewed`,
  );
}

async function checkNothingLost({ kube, team, ...before }: During): Promise<void> {
  const expected = [before.app, before.hooked, before.suspended].map(({ source }) => source);
  const found = await kube.list("externalsources", team.namespace);
  assert.deepEqual(found.map(({ metadata }) => metadata.name), ["app", "hooked", "suspended"]);
  for (const [index, { metadata, spec }] of found.entries()) {
    const { metadata: old, spec: oldSpec } = expected[index]!;
    assert.deepEqual(spec, { maxRetries: 3, ...oldSpec });
    assert.deepEqual([metadata.uid, metadata.labels], [old.uid, old.labels]);
    assert.deepEqual(metadata.annotations, { ...metadata.annotations, ...old.annotations });
    assert.equal(metadata.finalizers, undefined);
  }
  // They were there to be lost.
  assert.deepEqual(found[0]!.spec.transform, transform);
  assert.deepEqual(found[1]!.spec.hooks.postRequest[0], hooks.postRequest[0]);
}

/** What the values of 0.2.0 come to. */
async function checkValues({ kube, release: { installation } }: During): Promise<void> {
  const containers: readonly KubeObject[] = (await installation.pod()).spec.containers;
  const found = containers.map(({ name, image, resources }) => {
    return [name, image.split(":")[1], resources.limits.memory];
  });
  assert.deepEqual(found, [
    ["manager", "e2e", "512Mi"],
    ["externalsource-hook-executor", "e2e", "512Mi"],
  ]);
  const whitelist = (await kube.list("configmaps", namespace))
    .find(({ metadata }) => metadata.name.endsWith("-hook-whitelist"));
  assert.match(whitelist?.data["whitelist.yaml"], /^ {2}awk:$/m);
  const claim = `artifact-storage-${installation.podName(0)}`;
  assert.deepEqual(await installation.boundClaims(), [claim]);
}

async function checkFlux({ team }: During): Promise<void> {
  await team.untilApplied("app", "first");
  await team.say("app.json", team.configMap("app", "second"));
  await team.reconcile("app");
  await team.untilApplied("app", "second");
}

async function checkPolls(during: During): Promise<void> {
  const { kube, team, polls } = during;
  const { url } = await team.published("app");
  await kube.until("the last version is polled", async () => (await polls.served()).has(url));
  await untilServed(during);
  const counts: Record<string, number> = {};
  for (const { answer, count } of await polls.answers()) {
    const [kind = ""] = /^\d+/.exec(answer) ?? [answer];
    counts[kind] = (counts[kind] ?? 0) + count;
  }
  console.log("Answers:", counts);
  assert.deepEqual(await polls.wrong(), []);
}

async function upgrade(before: Before, test: Deno.TestContext): Promise<void> {
  const { kube, team, release } = before;
  const published = [before.app, before.hooked, before.suspended];
  await using polls = await UpgradePolls.start(team, published);
  const namespaces = { controller: namespace, sources: team.namespace };
  await using watch = new UpgradeWatch({ kube, namespaces, published, polls });
  const during = { ...before, polls, watch };
  const step = async (name: string, proof: () => Promise<void>) =>
    assert.ok(await test.step(name, proof), name);
  await step("the Go implementation serves what it published, and leads", async () => {
    await untilServed(during);
    await kube.until("the Lease is held", async () => watch.renewedAt !== undefined);
  });
  await step("helm upgrade --reuse-values is rolled out", () => release.upgrade());
  await step("what Go published is served under the same URLs", () => untilServed(during));
  await step("all but the suspended source are published anew", () => checkPublished(during));
  await step("nothing was written while Go's leader was alive", () => checkLease(during));
  await step("no field is lost", () => checkNothingLost(during));
  await step("values of 0.2.0 do what the chart says", () => checkValues(during));
  await step("Flux applies it, and its next version", () => checkFlux(during));
  await step("no URL led to anything else", () => checkPolls(during));
  await step("all probes are green, and no container logged an error", async () => {
    await release.installation.checkProbes();
    assert.deepEqual(await release.installation.errors(), []);
  });
}

/** From the Go implementation to ours, under consumers that go on downloading. */
export async function upgradeStory(world: E2eWorld, test: Deno.TestContext): Promise<void> {
  const { kube } = world;
  const remove = async () => {
    await uninstallReleases(kube);
    await kube.run(["delete", definition, "--ignore-not-found", "--timeout=180s"]);
    await kube.deleteNamespaces(namespace, teamName);
  };
  await remove();
  await upgrade(await prepare(world), test);
  assert.ok(
    await test.step("nothing is left", async () => {
      await remove();
      await untilGone(kube);
    }),
  );
}
