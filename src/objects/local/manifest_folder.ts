import { relative } from "node:path";
import type { SourceKey } from "../../core/source_key.ts";
import { type FileProblem, formatFileProblem } from "./file_problem.ts";
import { findManifestFiles, type FoundFiles } from "./find_manifest_files.ts";
import {
  type CheckSpec,
  type DeclaredObject,
  type ManifestContent,
  manifestContent,
} from "./manifest_content.ts";
import type { ManifestProblem } from "./manifest.ts";
import { readManifestText } from "./read_manifest_text.ts";

/** An object of the folder and the file it stands in. */
export type LocatedObject = DeclaredObject & { readonly file: string };

/** What a folder holds, by kind. */
export interface FolderContent {
  readonly sources: ReadonlyMap<SourceKey, LocatedObject & { readonly kind: "ExternalSource" }>;
  readonly secrets: ReadonlyMap<SourceKey, LocatedObject & { readonly kind: "Secret" }>;
}

/** What a folder of manifests needs from whoever reads it. */
export interface ManifestFolderOptions {
  readonly directory: string;
  readonly checkSpec: CheckSpec;
  /** Told once of each problem, and again only if it was gone in between. */
  readonly onProblem: (problem: FileProblem) => void;
  /** Told of each problem that is gone. */
  readonly onSolved?: (problem: FileProblem) => void;
}

interface LoadedFile {
  /** undefined if it could not be read. */
  readonly text: string | undefined;
  readonly objects: readonly LocatedObject[];
  readonly problems: readonly ManifestProblem[];
}

/**
 * A directory of YAML, read anew with each scan. A file that cannot be read, is emptied or does not parse keeps the objects it last
 * had: it may be half written, and a slip of the pen must not delete what is published.
 */
export class ManifestFolder {
  readonly #options: ManifestFolderOptions;
  #files: ReadonlyMap<string, LoadedFile> = new Map();
  #reported: ReadonlyMap<string, FileProblem> = new Map();

  constructor(options: ManifestFolderOptions) {
    this.#options = options;
  }

  /** What the folder holds now. Must not run twice at once. */
  async scan(): Promise<FolderContent> {
    const found = await findManifestFiles(this.#options.directory);
    const files = new Map<string, LoadedFile>();
    for (const file of this.#present(found)) {
      const loaded = await this.#load(file, isBelow(file, found.problems));
      if (loaded) files.set(file, loaded);
    }
    this.#files = files;
    const duplicates: FileProblem[] = [];
    const content = gather(files, duplicates);
    this.#report([...found.problems, ...problemsOf(files), ...duplicates]);
    return content;
  }

  /** The files that were found, and those known before in a directory that cannot be listed. */
  #present({ files, problems }: FoundFiles): string[] {
    const hidden = [...this.#files.keys()].filter((file) => isBelow(file, problems));
    return [...new Set([...files, ...hidden])].sort();
  }

  /** @param hidden its directory could not be listed, so that a missing file need not be a deleted one */
  async #load(file: string, hidden: boolean): Promise<LoadedFile | undefined> {
    const before = this.#files.get(file);
    const objects = before?.objects ?? [];
    const { text, refusal, missing } = await readManifestText(file);
    if (missing) return hidden ? before : undefined;
    if (text === undefined) {
      const problem = { line: undefined, message: `cannot be read: ${refusal}` };
      return { text, objects, problems: [problem] };
    }
    if (text === before?.text) return before;
    if (text.trim() === "" && objects.length > 0) {
      const message = "is empty; its objects stay until the file is deleted";
      return { text, objects, problems: [{ line: undefined, message }] };
    }
    const content = manifestContent(text, this.#options.checkSpec);
    return { text, objects: merge(file, content, objects), problems: content.problems };
  }

  #report(problems: readonly FileProblem[]): void {
    const now = new Map(problems.map((problem) => [formatFileProblem(problem), problem]));
    for (const [text, problem] of now) {
      if (!this.#reported.has(text)) this.#options.onProblem(problem);
    }
    for (const [text, problem] of this.#reported) {
      if (!now.has(text)) this.#options.onSolved?.(problem);
    }
    this.#reported = now;
  }
}

function isBelow(file: string, directories: readonly FileProblem[]): boolean {
  return directories.some((directory) => !relative(directory.file, file).startsWith(".."));
}

/** The objects of a file; those that it had before stay while something of it cannot be understood. */
function merge(
  file: string,
  { objects, incomplete }: ManifestContent,
  before: readonly LocatedObject[],
): LocatedObject[] {
  const now = objects.map((object) => ({ ...object, file }));
  if (!incomplete) return now;
  const isNamed = (object: LocatedObject) => now.some((each) => isSame(each, object));
  return [...now, ...before.filter((object) => !isNamed(object))];
}

function isSame(a: DeclaredObject, b: DeclaredObject): boolean {
  return a.kind === b.kind && a.key === b.key;
}

function gather(
  files: ReadonlyMap<string, LoadedFile>,
  duplicates: FileProblem[],
): FolderContent {
  const first = new Map<string, LocatedObject>();
  for (const object of [...files.values()].flatMap(({ objects }) => objects)) {
    const id = `${object.kind} "${object.key}"`;
    const other = first.get(id);
    if (other === undefined) first.set(id, object);
    else duplicates.push(duplicate(object, other));
  }
  const all = [...first.values()];
  const ofKind = <Kind extends LocatedObject["kind"]>(kind: Kind) =>
    all.filter((each): each is LocatedObject & { readonly kind: Kind } => each.kind === kind)
      .map((each) => [each.key, each] as const);
  return { sources: new Map(ofKind("ExternalSource")), secrets: new Map(ofKind("Secret")) };
}

function duplicate(object: LocatedObject, first: LocatedObject): FileProblem {
  const { kind, key, file, manifest } = object;
  const place = `${first.file}:${first.manifest.lineOf([])}`;
  const message = `${kind} "${key}" stands already at ${place}; this one has no effect`;
  return { file, line: manifest.lineOf([]), message };
}

function problemsOf(files: ReadonlyMap<string, LoadedFile>): FileProblem[] {
  return [...files].flatMap(([file, { problems }]) =>
    problems.map((problem) => ({ file, ...problem }))
  );
}
