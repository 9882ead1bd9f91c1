import type {
  ArtifactFile,
  ArtifactLinks,
  ArtifactStore,
  StoredArtifact,
  StoredInfo,
} from "./artifact_store.ts";

/** A store that hands everything on to another: what stands in front of a store overrides what it changes. */
export class ForwardingStore implements ArtifactStore {
  protected readonly beneath: ArtifactStore;

  constructor(beneath: ArtifactStore) {
    this.beneath = beneath;
  }

  put(key: string, artifact: ArtifactFile): Promise<void> {
    return this.beneath.put(key, artifact);
  }

  open(key: string): Promise<StoredArtifact | undefined> {
    return this.beneath.open(key);
  }

  stat(key: string): Promise<StoredInfo | undefined> {
    return this.beneath.stat(key);
  }

  delete(key: string, condition?: { readonly putBefore: number }): Promise<boolean> {
    return this.beneath.delete(key, condition);
  }

  list(prefix: string): AsyncIterable<StoredInfo> {
    return this.beneath.list(prefix);
  }

  verify(key: string, digest: string): Promise<boolean> {
    return this.beneath.verify(key, digest);
  }

  readMark(name: string): Promise<string | undefined> {
    return this.beneath.readMark(name);
  }

  writeMark(...given: Parameters<ArtifactStore["writeMark"]>): Promise<void> {
    return this.beneath.writeMark(...given);
  }

  get links(): ArtifactLinks | undefined {
    return this.beneath.links;
  }

  close(): Promise<void> {
    return this.beneath.close();
  }
}
