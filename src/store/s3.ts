import { randomBytes } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { fileErrorState } from "../core/file_error.ts";
import type { ArtifactStore } from "./artifact_store.ts";
import { s3SettingMistakes, s3Settings, type S3SettingValues } from "./s3/s3_settings.ts";
import { storageError } from "./storage_error.ts";
import { defineStore } from "./store_definition.ts";

/** `STORAGE_BACKEND=s3`: a bucket of any S3-compatible service. Opening it sends nothing: a dead service holds up no start. */
export const s3 = defineStore({
  settings: s3Settings,
  durable: true,
  shared: true,
  location: {
    form: "s3://bucket/prefix",
    read(text) {
      const [, s3Bucket, s3Prefix = ""] = /^s3:\/\/([^/]*)(?:\/(.*))?$/s.exec(text) ?? [];
      return s3Bucket === undefined ? undefined : { s3Bucket, s3Prefix };
    },
  },
  mistakes: s3SettingMistakes,
  open: (values: S3SettingValues, clock: Clock) => openS3(values, clock, true),
  openToRead: (values: S3SettingValues, clock: Clock) => openS3(values, clock, false),
});

async function openS3(
  values: S3SettingValues,
  clock: Clock,
  removesLeftovers: boolean,
): Promise<ArtifactStore> {
  const ca = values.s3CaFile === "" ? undefined : await readCa(values.s3CaFile);
  // The SDK costs 30 MB, which only those who use it shall pay.
  const { createS3Store } = await import("./s3/create_s3_store.ts");
  const instance = randomBytes(8).toString("hex");
  return createS3Store({ values, clock, ca, instance, removesLeftovers });
}

async function readCa(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const state = fileErrorState(error);
    if (state === undefined) throw error;
    throw storageError(`Cannot read S3_CA_FILE: ${state}`, error);
  }
}
