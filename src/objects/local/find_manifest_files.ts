import { join } from "node:path";
import { fileErrorState } from "../../core/file_error.ts";
import type { FileProblem } from "./file_problem.ts";

/** The YAML files below a directory. */
export interface FoundFiles {
  /** Sorted, so that of two objects of one name always the same one wins. */
  readonly files: readonly string[];
  /** Directories that could not be listed; what is in them is unknown. */
  readonly problems: readonly FileProblem[];
}

/**
 * Finds `*.yaml` and `*.yml` below a directory. Names that begin with a dot are left out: `.externalsource` holds the artifacts,
 * `.git` is large, and editors put half-written copies there. Links to directories are not followed: they may lead back.
 */
export async function findManifestFiles(directory: string): Promise<FoundFiles> {
  const files: string[] = [];
  const problems: FileProblem[] = [];
  const waiting = [directory];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const current = next;
    const entries = await list(current);
    if (typeof entries === "string") {
      problems.push({ file: current, line: undefined, message: `cannot be listed: ${entries}` });
      continue;
    }
    const seen = entries.filter(({ name }) => !name.startsWith("."));
    const paths = (wanted: Deno.DirEntry[]) => wanted.map(({ name }) => join(current, name));
    waiting.push(...paths(seen.filter(({ isDirectory }) => isDirectory)));
    files.push(...paths(seen.filter(isManifest)));
  }
  return { files: files.sort(), problems };
}

function isManifest({ name, isDirectory }: Deno.DirEntry): boolean {
  return !isDirectory && /\.ya?ml$/.test(name);
}

async function list(directory: string): Promise<Deno.DirEntry[] | string> {
  try {
    return await Array.fromAsync(Deno.readDir(directory));
  } catch (error) {
    const state = fileErrorState(error);
    if (state === undefined) throw error;
    return state;
  }
}
