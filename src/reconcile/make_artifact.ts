import type { Artifact, StoredContent } from "../core/artifact.ts";
import type { Document, Validators } from "../core/document.ts";
import type { HostLimits } from "../core/host_limits.ts";
import { StepError } from "../core/step_error.ts";
import { buildRequest, type BuiltRequest, type FetchResult, fetchSource } from "./fetch_source.ts";
import type { Outcome } from "./next_status.ts";
import type { SourcePlan } from "./plan_source.ts";
import { type FetchedDocument, pathOf, produceArtifact } from "./produce_artifact.ts";
import type { ReconcileContext, RequestResult } from "./reconcile_context.ts";
import { SourceHooks } from "./source_hooks.ts";
import { spreadArtifact } from "./spread_artifact.ts";
import type { Subject } from "./subject.ts";
import { formatTime } from "../core/format_time.ts";
import type { StatusWriter } from "./status_writer.ts";
import { publishedArtifact } from "./published_artifact.ts";

/** What has been decided before the upstream is asked. */
export interface MakeOptions {
  readonly plan: SourcePlan;
  readonly writer: StatusWriter;
  /** Whether the store holds what `status.artifact` names, and when that was looked at. */
  readonly stored: boolean;
  readonly lookedAt: number;
}

/** As long as what a store was seen to hold counts as held: a run that was not kept waiting asks it once. */
const seenForMs = 1_000;

/** Steps 1 to 7 of a reconcile (DESIGN §4): from the spec to a stored artifact. */
export class MakeArtifact {
  readonly #context: ReconcileContext;
  readonly #subject: Subject;
  readonly #options: MakeOptions;
  readonly #spoolFile: string;
  readonly #hooks: SourceHooks;

  constructor(context: ReconcileContext, subject: Subject, options: MakeOptions) {
    this.#context = context;
    this.#subject = subject;
    this.#options = options;
    this.#spoolFile = context.newSpoolFile();
    const { source: { metadata }, run: { priority, signal } } = subject;
    const slot = { namespace: metadata.namespace, priority };
    this.#hooks = new SourceHooks(options.plan, {
      stage: context.hooks,
      source: metadata,
      slot: () => context.hookSlot(slot, signal),
      maxSize: context.settings.maxSourceSize,
      spoolFile: this.#spoolFile,
      clock: context.clock,
      signal,
    });
  }

  /** @throws {StepError} as the stages */
  async make(): Promise<Extract<Outcome, { kind: "published" }>> {
    let isSpooled = true;
    try {
      await this.#checkHooks();
      const result = await this.#fetch();
      isSpooled = result.fetched.changed;
      const { lastDocument } = this.#subject.memory;
      const { fetched, fingerprint } = result;
      if (!fetched.changed) return this.#unchanged(fingerprint, fetched.validators);
      const path = pathOf(this.#options.plan.spec.destinationPath, fetched);
      const same = lastDocument?.fingerprint === fingerprint && lastDocument.path === path &&
        lastDocument.sha256 === fetched.document.sha256;
      if (same && await this.#holds(lastDocument.content)) {
        return this.#unchanged(fingerprint, fetched.validators);
      }
      return await this.#changed(fetched, { path, fingerprint });
    } finally {
      if (isSpooled) await Deno.remove(this.#spoolFile).catch(() => {}); // there is none after a failed request
    }
  }

  /** Before the upstream is asked: what may not be transformed is not wanted. */
  async #checkHooks(): Promise<void> {
    const { memory } = this.#subject;
    memory.refusedUnder = this.#hooks.rules;
    await this.#hooks.check();
    memory.refusedUnder = undefined;
  }

  async #fetch(): Promise<FetchResult> {
    const { plan: { prepared }, writer } = this.#options;
    if (!this.#hooks.changeRequest) {
      return this.#inRequestSlot(prepared.host, async () => this.#ask(await this.#build()));
    }
    // Hooks hold no request slot, and which host to wait for is known only after them.
    const built = await this.#inWorkerSlot(() => this.#build());
    const request = await writer.during(
      "ExecutingHooks",
      () => this.#hooks.request(built.request),
    );
    return this.#inRequestSlot(
      prepared.hostOf(request),
      () => this.#ask({ ...built, request }),
    );
  }

  #build(): Promise<BuiltRequest> {
    return buildRequest(this.#options.plan, {
      source: this.#subject.source.metadata,
      readSecret: (name) => this.#context.objects.readSecret(name),
    });
  }

  async #ask(built: BuiltRequest): Promise<FetchResult> {
    const held = await this.#heldContent();
    this.#subject.memory.requests++;
    return await fetchSource(this.#options.plan, built, {
      hooks: this.#hooks,
      validatorsFor: (fingerprint) => held ? this.#validators(fingerprint) : undefined,
      spoolFile: this.#spoolFile,
      signal: this.#subject.run.signal,
    });
  }

  async #inRequestSlot(host: string, ask: () => Promise<FetchResult>): Promise<FetchResult> {
    const { plan, writer } = this.#options;
    const { source, run, memory } = this.#subject;
    const { clock, delays, requestSlot } = this.#context;
    const { namespace } = source.metadata;
    const { priority, dueAt, signal } = run;
    const lateMs = Math.max(0, clock.now() - dueAt);
    const release = await requestSlot({ namespace, host, priority, lateMs }, signal);
    let result: RequestResult = "failure";
    let limits: HostLimits | undefined;
    const startedAt = clock.now();
    memory.unstored = undefined;
    try {
      const answer = await writer.during("Fetching", ask);
      result = "success";
      limits = answer.fetched.hostLimits;
      memory.nextFetchAt = startedAt + delays.interval(plan.interval);
      return answer;
    } catch (error) {
      if (error instanceof StepError) limits = error.hostLimits;
      if (error instanceof StepError && error.timedOut) result = "timeout";
      throw error;
    } finally {
      release(result, limits);
    }
  }

  async #inWorkerSlot<T>(work: () => Promise<T>): Promise<T> {
    const { run } = this.#subject;
    const release = await this.#context.workerSlot(run.priority, run.signal);
    try {
      return await work();
    } finally {
      release();
    }
  }

  /** Whether the store holds what an unchanged answer would leave published. */
  #heldContent(): Promise<boolean> | boolean {
    const { memory: { lastDocument }, source } = this.#subject;
    const { stored, lookedAt } = this.#options;
    if (!lastDocument) return stored;
    const { path } = lastDocument.content;
    const wasSeen = stored && publishedArtifact(source)?.path === path &&
      this.#context.clock.now() - lookedAt < seenForMs;
    return wasSeen || this.#holds(lastDocument.content);
  }

  async #holds(content: StoredContent): Promise<boolean> {
    return (await this.#context.store.stat(content.path))?.size === content.size;
  }

  /** What to ask with; after a restart only the ETag is known. */
  #validators(fingerprint: string): Validators | undefined {
    const { memory: { lastDocument }, source: { status } } = this.#subject;
    if (lastDocument) {
      return lastDocument.fingerprint === fingerprint ? lastDocument.validators : undefined;
    }
    if (status.fingerprint !== fingerprint || status.lastHandledETag === undefined) {
      return undefined;
    }
    return { etag: status.lastHandledETag };
  }

  #unchanged(fingerprint: string, validators: Validators): Extract<Outcome, { kind: "published" }> {
    const { memory, source } = this.#subject;
    const content = memory.lastDocument?.content ?? publishedArtifact(source);
    if (!content) {
      throw new TypeError(
        `Cannot keep the artifact of "${this.#options.writer.key}": there is none`,
      );
    }
    const known = { ...this.#validators(fingerprint), ...validators }; // a 304 need not repeat them
    if (memory.lastDocument) memory.lastDocument = { ...memory.lastDocument, validators: known };
    return this.#published(content, { fingerprint, etag: known.etag });
  }

  async #changed(
    fetched: FetchedDocument,
    { path, fingerprint }: { readonly path: string; readonly fingerprint: string },
  ): Promise<Extract<Outcome, { kind: "published" }>> {
    const { memory } = this.#subject;
    const { nextFetchAt } = memory;
    const { validators, document } = fetched;
    const made = () => ({
      // A time-out that was ignored must not stay published for as long as the upstream stays the same.
      fingerprint: this.#hooks.passedOver ? undefined : fingerprint,
      ...{ sha256: document.sha256, path, validators },
    });
    const content = await this.#transformed(
      document,
      (result) =>
        this.#produce(result, path, (content) => {
          memory.unstored = { document: { ...made(), content }, nextFetchAt };
        }),
    );
    await spreadArtifact(this.#context, content.path, { writer: this.#options.writer, memory });
    memory.unstored = undefined;
    memory.lastDocument = { ...made(), content };
    return this.#published(content, { fingerprint: made().fingerprint, etag: validators.etag });
  }

  /** What hooks make of a document is there as long as `use` lasts. */
  async #transformed<T>(document: Document, use: (result: Document) => Promise<T>): Promise<T> {
    if (!this.#hooks.changeDocument) return use(document);
    const result = await this.#options.writer.during(
      "ExecutingHooks",
      () => this.#hooks.document(document),
    );
    try {
      return await use(result);
    } finally {
      if (result !== document) await Deno.remove(result.file);
    }
  }

  #produce(
    document: Document,
    path: string,
    onPacked: (content: StoredContent) => void,
  ): Promise<StoredContent> {
    const { source, run } = this.#subject;
    const options = {
      source: source.metadata,
      path,
      outputFile: `${this.#spoolFile}.tar.gz`,
      onPacked,
      signal: run.signal,
    };
    return this.#inWorkerSlot(() =>
      this.#options.writer.during(
        "Storing",
        () => produceArtifact(this.#context, document, options),
      )
    );
  }

  #published(
    content: StoredContent,
    made: { readonly fingerprint: string | undefined; readonly etag: string | undefined },
  ): Extract<Outcome, { kind: "published" }> {
    return {
      kind: "published",
      artifact: addressArtifact(this.#context, this.#subject.source, content),
      ...made,
    };
  }
}

/** A stored artifact with its URL; `lastUpdateTime` stays as long as what is published stays the same. */
export function addressArtifact(
  { urlOf, clock }: Pick<ReconcileContext, "urlOf" | "clock">,
  source: Pick<Subject["source"], "metadata" | "status">,
  { path, revision, digest, size }: StoredContent,
): Artifact {
  const old = publishedArtifact(source);
  const url = urlOf(path, old);
  const same = old?.digest === digest && old.revision === revision;
  const after = old ? Date.parse(old.lastUpdateTime) + 1_000 : 0;
  const lastUpdateTime = same ? old.lastUpdateTime : formatTime(Math.max(clock.now(), after));
  return { url, path, revision, digest, size, lastUpdateTime };
}
