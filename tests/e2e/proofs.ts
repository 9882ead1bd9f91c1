import assert from "node:assert/strict";
import { fluxSources } from "./flux_cli.ts";
import type { Installation } from "./installation.ts";
import type { Kube } from "./kube.ts";
import type { Team } from "./team.ts";

/** What is shown of an installation, for a team that uses it. */
export interface ProofParts {
  readonly installation: Installation;
  readonly team: Team;
}

/** A document becomes an artifact under a URL that begins so, from which another pod gets exactly that document. */
export async function proveArtifact(
  { team }: ProofParts,
  { name, origin }: { readonly name: string; readonly origin: string },
): Promise<void> {
  const document = team.configMap(name, "first");
  await team.say(`${name}.json`, document);
  await team.createSource(name);
  const published = await team.published(name);
  assert.ok(
    published.url.startsWith(`${origin}/artifacts/${team.namespace}/${name}/`),
    published.url,
  );
  assert.deepEqual(JSON.parse(await team.download(published)), document);
}

/** Flux applies what is published, and what is published next. */
export async function proveFlux({ team }: ProofParts, name: string): Promise<void> {
  await team.createKustomization(name);
  await team.untilApplied(name, "first");
  await team.say(`${name}.json`, team.configMap(name, "second"));
  await team.reconcile(name);
  await team.untilApplied(name, "second");
}

/** `flux get sources external` says of an artifact what it is, where it comes from, and that it is ready. */
export async function proveFluxCli(kube: Kube, team: Team, name: string): Promise<void> {
  const [headers, ...lines] = await fluxSources(kube, team.namespace);
  assert.deepEqual(headers, ["NAME", "REVISION", "SOURCE", "READY", "MESSAGE"]);
  const [, revision, source, ready, message] = lines.find(([cell]) => cell === name) ?? [];
  const { revision: published } = await team.published(name);
  assert.equal(revision, published.replace(/(?<=sha256:[0-9a-f]{8})[0-9a-f]+$/, ""));
  assert.deepEqual([source, ready], [`ExternalSource/${team.namespace}/${name}`, "True"]);
  assert.equal(message, `stored artifact for revision '${revision}'`);
}

/** What a source has published is served no more once the source is gone and its time has passed. */
export async function proveCleanup({ installation, team }: ProofParts): Promise<void> {
  await proveArtifact({ installation, team }, { name: "gone", origin: installation.podOrigin(0) });
  const { url } = await team.published("gone");
  await team.deleteSource("gone");
  await team.untilMissing(url);
}

/** A document goes through the commands of the sidecar, which takes none from elsewhere. */
export async function proveHooks({ installation, team }: ProofParts): Promise<void> {
  await team.say("hooked.json", { name: "hooked", secret: true });
  const postRequest = [
    { name: "name", command: "jq", args: ["--compact-output", "{name}"] },
    { name: "to-yaml", command: "yq", args: ["-p", "json", "-o", "yaml"] },
  ];
  await team.createSource("hooked", { hooks: { postRequest } });
  assert.equal(await team.download(await team.published("hooked")), "name: hooked");
  const executor = await installation.executorOrigin();
  assert.match(await team.run("wget", "-qO-", `${executor}/health`), /healthy/);
  const request = JSON.stringify({ command: "cat", args: [], stdin: "" });
  await assert.rejects(
    team.run("wget", "-qO-", `--post-data=${request}`, `${executor}/execute`),
    /HTTP\/1\.1 403/,
  );
}

/** What was published is served by the pod that takes the place of a deleted one, under the same URL. */
export async function provePersistence(
  { installation, team }: ProofParts,
  names: readonly string[],
): Promise<void> {
  const before = await Promise.all(names.map((name) => team.published(name)));
  await installation.replacePod(0);
  for (const published of before) await team.download(published);
  const after = await Promise.all(names.map((name) => team.published(name)));
  assert.deepEqual(after, before);
}

/** Every pod, and the Service in front of all, has every artifact. */
export async function proveGateway(
  { installation, team }: ProofParts,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    const { url, digest } = await team.published(name);
    const { pathname } = new URL(url);
    assert.ok(url.startsWith(installation.gatewayOrigin), url);
    const origins = [0, 1].map((ordinal) => installation.podOrigin(ordinal));
    for (const origin of [...origins, installation.gatewayOrigin]) {
      await team.download({ url: `${origin}${pathname}`, digest });
    }
  }
}
