import { fileErrorCode, fileErrorState } from "../core/file_error.ts";
import { StepError } from "../core/step_error.ts";
import { PvcStore } from "./pvc/pvc_store.ts";
import { storageError } from "./storage_error.ts";
import { defineStore } from "./store_definition.ts";

/** `STORAGE_BACKEND=pvc`: files on a mounted volume. */
export const pvc = defineStore({
  settings: {
    storagePath: {
      type: "string",
      default: "/data/artifacts",
      description: "The directory of a writable volume in which the pvc store keeps artifacts.",
      flag: "storage-path",
      variable: "PVC_STORAGE_PATH",
      configMapKey: "storage.pvc.path",
    },
    storageMinFree: {
      type: "size",
      default: 16 * 2 ** 20,
      minimum: 0,
      description:
        "How many bytes the pvc store leaves free on its volume, so that what is no longer needed can still be deleted.",
      flag: "storage-min-free",
      variable: "STORAGE_MIN_FREE",
    },
  },
  durable: true,
  shared: false,
  async open({ storagePath, storageMinFree }, clock) {
    await refuseUnusable(storagePath);
    const root = await Deno.realPath(storagePath);
    const store = new PvcStore(root, clock, { minFreeBytes: storageMinFree });
    await store.removeLeftovers();
    return store;
  },
  location: {
    form: "pvc:/path",
    read(text) {
      const [, storagePath] = /^pvc:(.+)$/s.exec(text) ?? [];
      return storagePath === undefined ? undefined : { storagePath };
    },
  },
  async openToRead({ storagePath }, clock) {
    const state = await readState(storagePath);
    if (state === undefined) return new PvcStore(await Deno.realPath(storagePath), clock);
    throw new StepError(`Cannot read artifacts in "${storagePath}": ${state}`, {
      class: "configuration",
      reason: "StorageOperationFailed",
    });
  },
});

/** Why nothing can be read from a directory; undefined if it can. */
async function readState(directory: string): Promise<string | undefined> {
  try {
    for await (const _ of Deno.readDir(directory)) break;
    return undefined;
  } catch (error) {
    return reason(error);
  }
}

/** Finds out at start, and says how to repair, what else every single put would have to report. */
async function refuseUnusable(directory: string): Promise<void> {
  const state = await stateOf(directory);
  if (state === undefined) return;
  throw storageError(
    `Cannot store artifacts in "${directory}": ${state}; set --storage-path or PVC_STORAGE_PATH to a directory of a volume that this process may write to`,
  );
}

async function stateOf(directory: string): Promise<string | undefined> {
  try {
    // The Go implementation makes it too, so there are volumes mounted one level up.
    await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return "it is not a directory";
    return `it does not exist and cannot be made (${reason(error)})`;
  }
  const probe = `${directory}/.write-test`;
  try {
    await Deno.writeTextFile(probe, "");
    await Deno.remove(probe);
  } catch (error) {
    // A full volume still serves what it holds; another replica may have removed the probe.
    if (["ENOSPC", "EDQUOT", "ENOENT"].includes(fileErrorCode(error) ?? "")) return undefined;
    return reason(error);
  }
  return undefined;
}

function reason(error: unknown): string {
  const state = fileErrorState(error);
  if (state === undefined) throw error;
  return state;
}
