import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { runCommand } from "../../src/cli/run_command.ts";
import type { ExternalSourceStatus } from "../../src/core/external_source.ts";
import { eventually } from "../acceptance/eventually.ts";
import { FluxWorld, isReady } from "../acceptance/flux_world.ts";
import { KubeWorld } from "../integration/kube_world.ts";
import { startHttp, type Upstream } from "../upstream.ts";
import { type ArtifactCase, artifactCases } from "./artifact_cases.ts";
import { type ExpectedArtifact, fetchWithFlux } from "./fetcher.ts";

const cases = artifactCases(1_000, 20_261_121);
/** As many at once as keep both processors busy. */
const atOnce = 4;

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const segmentsOf = ({ path }: ArtifactCase) => path.split("/");
const byteLength = (text: string) => new TextEncoder().encode(text).length;

const mustOccur: Readonly<Record<string, (each: ArtifactCase) => boolean>> = {
  "an empty document": ({ content }) => content.length === 0,
  "a document of 20 MiB": ({ content }) => content.length === 20 * 2 ** 20,
  "a segment of one byte": (each) => segmentsOf(each).some((name) => byteLength(name) === 1),
  "a segment of 255 bytes": (each) => segmentsOf(each).some((name) => byteLength(name) === 255),
  "255 bytes beyond ASCII": (each) =>
    segmentsOf(each).some((name) => byteLength(name) === 255 && name.length < 128),
  "a path of 100 bytes or less that only PAX can hold": ({ path }) =>
    byteLength(path) <= 100 && byteLength(path) > path.length,
  "a path of over 1,000 bytes": ({ path }) => byteLength(path) > 1_000,
  "a path of 300 segments": (each) => segmentsOf(each).length > 300,
  "..a": (each) => segmentsOf(each).slice(0, -1).includes("..a"),
  "a space at an end": ({ path }) => path.endsWith(" ") || path.startsWith(" "),
  "four bytes a character": ({ path }) => /\p{Emoji_Presentation}/u.test(path),
  "a decomposed letter": ({ path }) => path.normalize("NFC") !== path,
  "a directory, the name from the URL": ({ destinationPath, path }) =>
    destinationPath?.endsWith("/") === true && !path.endsWith("/data"),
  "a directory, no name in the URL": ({ destinationPath, path }) =>
    destinationPath?.endsWith("/") === true && path.endsWith("/data"),
  "no path": ({ destinationPath }) => destinationPath === undefined,
};

Deno.test("artifactCases() holds every kind of path and size", () => {
  for (const [what, isOne] of Object.entries(mustOccur)) assert.ok(cases.some(isOne), what);
  for (const { path } of cases) {
    assert.ok(byteLength(path) <= 1_024, path);
    assert.doesNotMatch(path, /\.\.\/|^\/|\/\/|\\|\p{Cc}|\p{Cs}|(^|\/)\.\.?($|\/)/u);
  }
});

/** A real server of all the documents. */
function serveDocuments(): Promise<Upstream> {
  const byName = new Map(cases.map((each) => [each.name, each]));
  return startHttp((request, response) => {
    const found = byName.get(request.url!.split("/")[1]!);
    response.writeHead(found?.urlPath === request.url ? 200 : 404);
    response.end(found?.content);
  });
}

const specOf = ({ destinationPath, urlPath }: ArtifactCase, origin: string) => ({
  interval: "1h",
  destinationPath,
  generator: { type: "http", http: { url: `${origin}${urlPath}` } },
});

/** Does something for every case, a few at once; the results in order. */
async function forEveryCase<T>(work: (each: ArtifactCase) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  const left = cases.entries();
  const worker = async () => {
    for (const [index, each] of left) results[index] = await work(each);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

/** What a source has published. */
interface Published {
  readonly url: string;
  readonly digest: string;
  readonly revision: string;
}

/** Lets the real controller publish every case; what the ExternalArtifacts say then, in order. */
async function publishAll(world: FluxWorld, origin: string): Promise<Published[]> {
  await forEveryCase((each) => world.createSource(each.name, specOf(each, origin)));
  const isDone = async () => {
    const sources = await world.api.list<ExternalSourceStatus>(
      world.path("ExternalSource"),
    );
    return sources.length === cases.length && sources.every(({ status }) => isReady(status));
  };
  await eventually(isDone, { withinMs: 120_000, what: "every source is ready", lookEveryMs: 500 });
  const artifacts = await world.api.list<{ artifact: Published }>(world.path("ExternalArtifact"));
  const byName = new Map(artifacts.map(({ metadata, status }) => [metadata.name, status]));
  return cases.map(({ name }) => byName.get(name)!.artifact);
}

/** `build` of one case: what it prints, held against the file that it writes. */
async function buildOne(each: ArtifactCase, place: { origin: string; folder: string }) {
  const file = join(place.folder, `${each.name}.yaml`);
  const output = join(place.folder, `${each.name}.tar.gz`);
  const source = {
    apiVersion: "source.flux.oddkin.co/v1alpha1",
    kind: "ExternalSource",
    metadata: { name: each.name },
    spec: specOf(each, place.origin),
  };
  await Deno.writeTextFile(file, JSON.stringify(source));
  let printed = "";
  const code = await runCommand({
    arguments: ["build", file, `--output=${output}`],
    environment: {},
    signal: new AbortController().signal,
    print: (text) => printed += text,
    printError: (text) => printed += text,
    drop: () => {},
  });
  assert.equal(code, 0, printed);
  const [digest, revision] = ["digest", "revision"].map((what) =>
    printed.match(new RegExp(`^${what} +(\\S+)$`, "m"))?.[1]
  );
  assert.equal(digest, `sha256:${sha256(await Deno.readFile(output))}`);
  await Deno.remove(output);
  return { digest, revision };
}

const expectedOf = (each: ArtifactCase, { url, digest }: Published): ExpectedArtifact => ({
  url,
  digest,
  path: each.path,
  mode: 0o644,
  sha256: sha256(each.content),
  size: each.content.length,
});

Deno.test("Flux's own fetcher and untar take 1,000 of 1,000 artifacts of the controller, and build makes the same ones", async () => {
  const folder = await Deno.makeTempDir();
  const { plane } = await KubeWorld.start();
  await using upstream = await serveDocuments();
  const { origin } = upstream;
  const env = { STORAGE_BACKEND: "pvc", PVC_STORAGE_PATH: join(folder, "store") };
  try {
    await FluxWorld.run(plane, { env }, async (world) => {
      const published = await publishAll(world, origin);
      const answers = await fetchWithFlux(
        cases.map((each, index) => expectedOf(each, published[index]!)),
      );
      const refused = cases.flatMap(({ path }, index) =>
        answers[index] === undefined ? [] : [{ path, error: answers[index] }]
      );
      assert.deepEqual(refused, []);
      assert.equal(answers.length, cases.length);
      const built = await forEveryCase((each) => buildOne(each, { origin, folder }));
      assert.deepEqual(built, published.map(({ digest, revision }) => ({ digest, revision })));
    });
  } finally {
    await plane.close();
    await Deno.remove(folder, { recursive: true });
  }
});
