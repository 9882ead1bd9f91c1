import { parseArtifactKey } from "../../core/artifact_key.ts";
import { fileErrorState } from "../../core/file_error.ts";
import { ignoreAbsence } from "./file_conditions.ts";
import type { StoredInfo } from "../artifact_store.ts";
import { lookAhead } from "../look_ahead.ts";
import { capturedName, restoreCaptured } from "./pvc_capture.ts";

const top = "artifacts";
/** How many directories are read, and how many files looked at, ahead of who listens: on NFS each is a round trip. */
const ahead = 8;

/**
 * The keys of a tree that begin with a prefix, in their order. In memory are the names of one namespace, and of a few
 * sources. What a killed delete has left beside a key is given its name back on the way.
 */
export async function* listFiles(root: string, prefix: string): AsyncGenerator<StoredInfo> {
  if (!`${top}/`.startsWith(prefix) && !prefix.startsWith(`${top}/`)) return;
  const keys = lookAhead(
    sourceDirectories(root, prefix),
    ahead,
    (directory) => keysIn(root, directory),
  );
  const infos = lookAhead(
    matching(keys, prefix),
    ahead,
    (key) => fileInfo(key, `${root}/${key}`),
  );
  for await (const info of infos) if (info) yield info;
}

/** What a file says of its key; undefined if there is no regular file. */
export async function fileInfo(key: string, path: string): Promise<StoredInfo | undefined> {
  const info = await Deno.lstat(path).catch(ignoreAbsence);
  if (!info?.isFile) return undefined;
  return { key, size: info.size, lastPut: info.mtime?.getTime() ?? 0 };
}

async function* sourceDirectories(root: string, prefix: string): AsyncGenerator<string> {
  const [, namespace = "", name = "", ...rest] = prefix.split("/");
  const isOneNamespace = prefix.split("/").length > 2;
  const namespaces = await directories(root, top, { part: namespace, isWhole: isOneNamespace });
  for (const each of namespaces) {
    yield* await directories(root, each, { part: name, isWhole: rest.length > 0 });
  }
}

interface WantedNames {
  /** What the name begins with. */
  readonly part: string;
  /** Whether that is the name: it is not looked for among thousands of others. */
  readonly isWhole: boolean;
}

/** Directories, relative to the root, in the order of the keys below them; none is a symbolic link. */
async function directories(
  root: string,
  parent: string,
  { part, isWhole }: WantedNames,
): Promise<string[]> {
  const path = isWhole ? `${root}/${parent}/${part}` : `${root}/${parent}`;
  if (await Deno.realPath(path).catch(ignoreAbsence) !== path) return [];
  if (isWhole) return [`${parent}/${part}`];
  const names: string[] = [];
  for (const { name, isDirectory } of await entriesOf(path)) {
    // `a-b/` comes before `a/` in the order of keys.
    if (isDirectory && name.startsWith(part)) names.push(`${name}/`);
  }
  return names.sort().map((name) => `${parent}/${name.slice(0, -1)}`);
}

async function keysIn(root: string, directory: string): Promise<readonly string[]> {
  const names = new Set<string>();
  for (const { name, isFile } of await entriesOf(`${root}/${directory}`)) {
    if (!isFile) continue;
    const captured = capturedName(name);
    names.add(captured ?? name);
    if (captured !== undefined) await restore(`${root}/${directory}`, name);
  }
  return [...names].sort().map((name) => `${directory}/${name}`);
}

/** Where it cannot be, because nothing can be written: readers find it without. */
async function restore(directory: string, name: string): Promise<void> {
  try {
    await restoreCaptured(`${directory}/${name}`, `${directory}/${capturedName(name)}`);
  } catch (error) {
    if (fileErrorState(error) === undefined) throw error;
  }
}

async function* matching(
  directories: AsyncIterable<readonly string[]>,
  prefix: string,
): AsyncGenerator<string> {
  for await (const keys of directories) {
    for (const key of keys) if (key.startsWith(prefix) && parseArtifactKey(key)) yield key;
  }
}

async function entriesOf(path: string): Promise<readonly Deno.DirEntry[]> {
  return await Array.fromAsync(Deno.readDir(path)).catch(ignoreAbsence) ?? [];
}
