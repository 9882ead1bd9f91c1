import assert from "node:assert/strict";
import { dirname, join } from "node:path/posix";

const root = new URL("../", import.meta.url).pathname;

async function* markdownBelow(folder: string): AsyncIterable<string> {
  for await (const { name, isDirectory } of Deno.readDir(`${root}${folder}`)) {
    if (isDirectory) yield* markdownBelow(`${folder}${name}/`);
    else if (name.endsWith(".md")) yield `${folder}${name}`;
  }
}

/** As GitHub names the headings of a file. */
function anchorsOf(markdown: string): string[] {
  const headings = markdown.replaceAll(/^```.*?^```/gms, "").matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, title]) =>
    title!.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
  );
}

interface Link {
  readonly from: string;
  readonly to: string;
  readonly anchor: string | undefined;
}

/** The links of a file to other files of the repository, and to places in itself. */
function linksOf(from: string, markdown: string): Link[] {
  return [...markdown.matchAll(/\]\((?![a-z]+:)([^)#\s]*)(?:#([^)\s]+))?\)/g)]
    .map(([, path, anchor]) => ({ from, to: path ? join(dirname(from), path) : from, anchor }));
}

async function isThere({ to, anchor }: Link): Promise<boolean> {
  const text = await Deno.readTextFile(`${root}${to}`).catch(() => undefined);
  if (anchor === undefined) return text !== undefined || await isFolder(to);
  return text !== undefined && anchorsOf(text).includes(anchor);
}

const isFolder = (path: string) =>
  Deno.stat(`${root}${path}`).then(({ isDirectory }) => isDirectory, () => false);

Deno.test("every link of the documents leads somewhere", async () => {
  const files = ["README.md", ...await Array.fromAsync(markdownBelow("docs/"))];
  const links = await Promise.all(
    files.map(async (file) => linksOf(file, await Deno.readTextFile(`${root}${file}`))),
  );
  assert.ok(links.flat().length > 30, `${links.flat().length}`);
  const dead = await Array.fromAsync(
    links.flat(),
    async (link) => await isThere(link) ? [] : [link],
  );
  assert.deepEqual(dead.flat(), []);
});
