import type { Installation } from "./installation.ts";
import type { Kube, KubeObject } from "./kube.ts";
import type { Team } from "./team.ts";

const sourceApi = "source.flux.oddkin.co/v1alpha1";
const lastUpdateTime = "2025-01-01T00:00:00Z";
const finalizer = "source.flux.oddkin.co/externalsource-finalizer";
/** Who writes, in the managed fields of what the Go implementation has written. */
const goFieldManager = "manager";

/** A file that the Go implementation has stored. */
interface GoFile {
  readonly key: string;
  /** Of the document; it is also the revision. */
  readonly hex: string;
  /** Of the bytes of the file. */
  readonly digest: string;
  readonly size: number;
}

/** What the Go implementation has published of a source. */
export interface GoPublished {
  readonly name: string;
  readonly url: string;
  /** Of what is downloaded; what the Go implementation writes into the status is another one. */
  readonly digest: string;
  /** The ExternalSource as it is left. */
  readonly source: KubeObject;
}

/** Where sources are published, and by what. */
export interface GoPublisher {
  readonly kube: Kube;
  readonly installation: Installation;
  readonly team: Team;
}

/** Does for a source that is there what the Go implementation does (COMPATIBILITY §1, §2), with a document that it has fetched. */
export async function publishAsGo(
  publisher: GoPublisher,
  name: string,
  document: string,
): Promise<GoPublished> {
  const { kube, installation, team } = publisher;
  const { namespace } = team;
  const what = `externalsource/${name}`;
  const user = (await kube.get(namespace, what))!;
  const file = await storeFile(publisher, user, document);
  const url = `${installation.podOrigin(0)}/${file.key}`;
  const artifact = artifactOf(file, url);
  await patch(publisher, [what], { metadata: { finalizers: [finalizer] } });
  await patch(publisher, [what, "--subresource=status"], { status: statusOf(user, artifact) });
  await kube.run(
    ["create", `--field-manager=${goFieldManager}`, "--filename=-"],
    JSON.stringify(externalArtifactOf(user)),
  );
  await patch(publisher, [`externalartifact/${name}`, "--subresource=status"], {
    status: { artifact: { ...artifact, path: url, digest: `sha256:${file.hex}` } },
  });
  return { name, url, digest: file.digest, source: (await kube.get(namespace, what))! };
}

async function storeFile(
  { kube, installation, team }: GoPublisher,
  { metadata: { name }, spec }: KubeObject,
  document: string,
): Promise<GoFile> {
  const pod = { namespace: installation.namespace, pod: installation.podName(0) };
  const command = ["/manager", "store", team.namespace, name, spec.destinationPath];
  return JSON.parse(await kube.exec({ ...pod, container: "manager" }, command, document));
}

function artifactOf({ hex, size }: GoFile, url: string): KubeObject {
  const metadata = { created: lastUpdateTime, size: `${size}`, contentHash: hex };
  return { url, revision: hex, lastUpdateTime, metadata };
}

function statusOf({ metadata: { generation }, spec }: KubeObject, artifact: KubeObject) {
  const ready = spec.suspend
    ? { status: "False", reason: "Suspended", message: "ExternalSource is suspended" }
    : { status: "True", reason: "Succeeded", message: "ExternalSource is ready" };
  const storing = { status: "False", reason: "Succeeded", message: "Artifact stored" };
  const conditions = [{ type: "Ready", ...ready }, { type: "Storing", ...storing }];
  return {
    artifact,
    conditions: conditions.map((each) => ({
      ...each,
      ...{ lastTransitionTime: lastUpdateTime, observedGeneration: generation },
    })),
    lastHandledETag: '"of-go"',
    observedGeneration: generation,
  };
}

function externalArtifactOf({ metadata: { name, namespace, uid } }: KubeObject): KubeObject {
  const reference = { apiVersion: sourceApi, kind: "ExternalSource", name };
  const owner = { ...reference, uid, controller: true, blockOwnerDeletion: true };
  return {
    ...{ apiVersion: "source.toolkit.fluxcd.io/v1", kind: "ExternalArtifact" },
    metadata: { name, namespace, ownerReferences: [owner] },
    spec: { sourceRef: { ...reference, namespace } },
  };
}

async function patch(
  { kube, team }: GoPublisher,
  what: readonly string[],
  body: KubeObject,
): Promise<void> {
  const how = ["--type=merge", `--field-manager=${goFieldManager}`, "--patch-file=/dev/stdin"];
  await kube.run(["patch", "--namespace", team.namespace, ...what, ...how], JSON.stringify(body));
}
