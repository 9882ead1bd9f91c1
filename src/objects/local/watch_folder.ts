import { relative, sep } from "node:path";
import { fileErrorState } from "../../core/file_error.ts";

/** What is told of a folder that is watched. */
export interface FolderWatch {
  readonly onChange: () => void;
  /** The folder cannot be watched, and why; it has to be looked at from time to time. */
  readonly onFailure: (state: string) => void;
  readonly signal: AbortSignal;
}

/** Tells that something below a directory may have changed, until the signal aborts. Never rejects for the file system. */
export async function watchFolder(directory: string, watch: FolderWatch): Promise<void> {
  const { onChange, onFailure, signal } = watch;
  const watcher = open(directory, onFailure);
  if (!watcher) return;
  const close = () => watcher.close();
  signal.addEventListener("abort", close, { once: true });
  if (signal.aborted) close();
  try {
    const root = await Deno.realPath(directory);
    for await (const { kind, paths } of watcher) {
      // Where reading a file is an event, answering it with another read would never end.
      if (kind === "access") continue;
      if (paths.some((path) => isVisible(relative(root, path)))) onChange();
    }
  } catch (error) {
    const state = fileErrorState(error);
    if (state === undefined) throw error;
    onFailure(state);
  } finally {
    signal.removeEventListener("abort", close);
  }
}

function open(
  directory: string,
  onFailure: FolderWatch["onFailure"],
): Deno.FsWatcher | undefined {
  try {
    return Deno.watchFs(directory, { recursive: true });
  } catch (error) {
    // Errors of Deno.watchFs() have a class but no code.
    const missing = error instanceof Deno.errors.NotFound;
    onFailure(missing ? "no such file or directory" : "the system gives no watch for it");
    return undefined;
  }
}

/** `..data` is what changes in a mounted ConfigMap; other dot names hold our artifacts or nothing of ours. */
function isVisible(path: string): boolean {
  return path.split(sep).every((part) => !part.startsWith(".") || part.startsWith(".."));
}
