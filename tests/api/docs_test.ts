import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { startControlPlane } from "../cluster/control_plane.ts";

const root = new URL("../../", import.meta.url);

interface Example {
  readonly from: string;
  readonly manifest: string;
}

async function* filesBelow(folder: string): AsyncIterable<string> {
  for await (const entry of Deno.readDir(new URL(folder, root))) {
    if (entry.isDirectory) yield* filesBelow(`${folder}${entry.name}/`);
    else yield `${folder}${entry.name}`;
  }
}

/** A YAML file itself, or the YAML blocks of a Markdown file. */
function blocksOf(name: string, text: string): readonly string[] {
  if (name.endsWith(".yaml")) return [text];
  if (!name.endsWith(".md")) return [];
  return [...text.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, block]) => block!);
}

async function findExamples(): Promise<Example[]> {
  const examples: Example[] = [];
  for (const name of ["README.md", ...await Array.fromAsync(filesBelow("docs/"))]) {
    const text = await Deno.readTextFile(new URL(name, root));
    const documents = blocksOf(name, text).flatMap((block) => parseAllDocuments(block));
    for (const document of documents) {
      examples.push({ from: name, manifest: JSON.stringify(document.toJSON()) });
    }
  }
  return examples;
}

Deno.test("a real API server accepts every example of the documents", async (t) => {
  const examples = await findExamples();
  assert.ok(examples.length >= 5, `found only ${examples.length}`);
  const plane = await startControlPlane({ with: ["kustomize-controller"] });
  try {
    for (const [index, { from, manifest }] of examples.entries()) {
      await t.step(`${from}, example ${index + 1}`, async () => {
        await plane.kubectl(
          ["apply", "--validate=strict", "--dry-run=server", "-f", "-"],
          manifest,
        );
      });
    }
  } finally {
    await plane.close();
  }
});
