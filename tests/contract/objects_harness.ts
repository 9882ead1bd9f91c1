import type { Objects } from "../../src/objects/objects.ts";

/** A Secret or ExternalSource as another party writes it; its namespace is the harness's. */
export interface SourceManifest {
  readonly name: string;
  readonly spec: unknown;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
}

/** What parties other than the operator do to the objects. Each resolves when the other side has it. */
export interface Outside {
  createSource(manifest: SourceManifest): Promise<void>;
  /** Creates a source whose spec obeys the schema as little as the other side lets it (stored under an older CRD). */
  createMalformedSource(name: string): Promise<void>;
  updateSpec(name: string, spec: unknown): Promise<void>;
  /** Merges annotations into those of a source, as `kubectl annotate` does. */
  annotateSource(name: string, annotations: Readonly<Record<string, string>>): Promise<void>;
  deleteSource(name: string): Promise<void>;
  /** Creates or replaces a Secret. */
  putSecret(name: string, data: Readonly<Record<string, Uint8Array>>): Promise<void>;
  /** Merges labels and annotations into those of an ExternalArtifact. */
  markArtifact(name: string, marks: ArtifactMarks): Promise<void>;
  /** Deletes an ExternalArtifact; its source too, where an ExternalArtifact only goes with its source. */
  deleteArtifact(name: string): Promise<void>;
  /** The events that the other side holds about the object of that name. */
  events(name: string): Promise<readonly RecordedEvent[]>;
  /** Removes what the harness made, and everything it holds open. */
  close(): Promise<void>;
}

/** What another party writes to an ExternalArtifact. */
export interface ArtifactMarks {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What can be read of an event. */
export interface RecordedEvent {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

/** An adapter under test and the world around it. Each case of the suite gets one of its own. */
export interface ObjectsHarness {
  readonly objects: Objects;
  /** Where the case may write; no other case does. The adapter may see others. */
  readonly namespace: string;
  readonly outside: Outside;
}
