import { basename, dirname } from "node:path/posix";
import { fileErrorState } from "../../core/file_error.ts";
import { ignoreAbsence, isAbsence, isFull } from "./file_conditions.ts";
import { linkIfAbsent } from "./link_if_absent.ts";
import { syncDirectory } from "./sync_directory.ts";

/** `{hex}.tar.gz.{id}.deleting`, beside the file that it was. */
const capturePattern = /^([^/]+)\.[0-9a-z-]+\.deleting$/;

/** The name of the file that was captured as this one; undefined if it is no such file. */
export function capturedName(name: string): string | undefined {
  return capturePattern.exec(name)?.[1];
}

/** What a removal on a condition comes to; `absent`: there was nothing. */
export type Removal = "removed" | "absent" | "spared";

/**
 * Removes a file unless its modification time is `putBefore` or later (milliseconds since the Unix epoch), also where
 * other processes put it at the same time. No file system can remove a name on a condition; so it is renamed first, which
 * one process only can do, looked at where nobody puts it any more, and linked back if it has been put since. Meanwhile,
 * and if this process is killed meanwhile, readers find it under its other name (`findCaptured`). A listing that took this
 * process for a killed one has linked it back too: then it is captured once more.
 *
 * @param options `id`: nobody else's; undefined where there is no room for another name, nor to put anything
 */
export async function removeOlder(
  path: string,
  { putBefore, id }: { readonly putBefore: number; readonly id: string | undefined },
): Promise<Removal> {
  const info = await Deno.lstat(path).catch(ignoreAbsence);
  if (!info) return await removeCaptured(path, putBefore);
  if (timeOf(info) >= putBefore) return "spared";
  if (id === undefined) return await removeIfOlder(path, putBefore);
  const captured = `${path}.${id}.deleting`;
  try {
    await Deno.rename(path, captured);
  } catch (error) {
    if (isAbsence(error)) return "absent";
    if (isFull(error)) return await removeIfOlder(path, putBefore);
    throw error;
  }
  const removal = await removeIfOlder(captured, putBefore);
  if (removal === "spared") await restoreCaptured(captured, path);
  else if (await isOlder(path, putBefore)) return await removeOlder(path, { putBefore, id });
  return removal;
}

/** Removes a file, and what was captured of it. */
export async function removeAll(path: string): Promise<Removal> {
  const isRemoved = await Deno.remove(path).then(() => true, ignoreAbsence) ?? false;
  const captured = await removeCaptured(path, Infinity);
  return isRemoved ? "removed" : captured;
}

/** The paths of what was captured of a file and is neither removed nor back yet. */
export async function findCaptured(path: string): Promise<string[]> {
  const [directory, name] = [dirname(path), basename(path)];
  if (await Deno.realPath(directory).catch(ignoreAbsence) !== directory) return [];
  const entries = await Array.fromAsync(Deno.readDir(directory)).catch(ignoreAbsence) ?? [];
  return entries
    .filter((entry) => entry.isFile && capturedName(entry.name) === name)
    .map((entry) => `${directory}/${entry.name}`);
}

/** Removes what was captured of a file before a time. */
async function removeCaptured(path: string, putBefore: number): Promise<Removal> {
  const removals = await Promise.all(
    (await findCaptured(path)).map((captured) => removeIfOlder(captured, putBefore)),
  );
  if (removals.includes("spared")) return "spared";
  return removals.includes("removed") ? "removed" : "absent";
}

/**
 * Gives a captured file its name back, never over one that has been put since. At worst what another process is about to
 * remove is garbage once more.
 */
export async function restoreCaptured(captured: string, path: string): Promise<void> {
  await linkIfAbsent(captured, path).catch(ignoreAbsence);
  await syncDirectory(dirname(path));
  await Deno.remove(captured).catch(ignoreAbsence);
}

async function isOlder(path: string, putBefore: number): Promise<boolean> {
  const info = await Deno.lstat(path).catch(ignoreAbsence);
  return info !== undefined && timeOf(info) < putBefore;
}

async function removeIfOlder(path: string, putBefore: number): Promise<Removal> {
  const info = await freshInfo(path);
  if (!info) return "absent";
  if (timeOf(info) >= putBefore) return "spared";
  await Deno.remove(path).catch(ignoreAbsence);
  return "removed";
}

/** To open a file tells its times as they are; NFS may know old ones of a name for a minute (nfs(5), close-to-open). */
async function freshInfo(path: string): Promise<Deno.FileInfo | undefined> {
  const info = await Deno.lstat(path).catch(ignoreAbsence);
  if (!info?.isFile) return info;
  using file = await Deno.open(path).catch(orUnreadable);
  return file ? await file.stat() : info;
}

function orUnreadable(error: unknown): undefined {
  if (fileErrorState(error) === undefined) throw error;
}

const timeOf = (info: Deno.FileInfo) => info.mtime?.getTime() ?? 0;
