import type { ExternalArtifact } from "../../core/external_artifact.ts";
import type { ExternalSource } from "../../core/external_source.ts";

/** An object of one of the watched kinds. */
export type WatchedObject = ExternalSource | ExternalArtifact;
