import type { Clock } from "../core/clock.ts";
import type { Document } from "../core/document.ts";
import type { NamespacedName } from "../core/source_key.ts";
import type { SourceRequest } from "../core/source_request.ts";
import { HookAttempts } from "../hooks/hook_attempts.ts";
import type { HookStage } from "../hooks/hook_stage.ts";
import { allSteps } from "../hooks/plan_hooks.ts";
import { transformDocument } from "../hooks/transform_document.ts";
import { transformRequest } from "../hooks/transform_request.ts";
import type { SourcePlan } from "./plan_source.ts";

/** What the hooks of one reconcile run with. */
export interface SourceHooksOptions {
  readonly stage: HookStage;
  readonly source: NamespacedName;
  /** Waits for leave to run one hook once. */
  readonly slot: () => Promise<() => void>;
  /** Bytes above which an output is refused. */
  readonly maxSize: number;
  /** Beside it the outputs are spooled, under longer names. */
  readonly spoolFile: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Counted in hook runs and requests (COMPATIBILITY §1). */
const defaultMaxRetries = 3;

/** The hooks of one source for the length of one reconcile; without hooks it does nothing and touches no stage. */
export class SourceHooks {
  readonly #plan: SourcePlan["hooks"];
  readonly #options: SourceHooksOptions;
  readonly #attempts: HookAttempts;
  /** Names the whitelist that they run under; undefined without hooks. */
  readonly rules: string | undefined;
  #files = 0;

  constructor({ hooks, spec }: Pick<SourcePlan, "hooks" | "spec">, options: SourceHooksOptions) {
    this.#plan = hooks;
    this.#options = options;
    this.#attempts = new HookAttempts({
      ...options,
      maxRetries: spec.maxRetries ?? defaultMaxRetries,
    });
    this.rules = allSteps(hooks).length > 0 ? options.stage.rules() : undefined;
  }

  /** Whether the request may be repeated. */
  get hasRetries(): boolean {
    return this.#attempts.hasRetries;
  }

  /** Whether the same document may become another one next time, because a hook was ignored by chance. */
  get passedOver(): boolean {
    return this.#attempts.passedOver;
  }

  /** Whether the request is changed before it is sent. */
  get changeRequest(): boolean {
    return this.#plan.preRequest.length > 0;
  }

  /** Whether the document is changed before it is packed. */
  get changeDocument(): boolean {
    return this.#plan.postRequest.length > 0;
  }

  /** @throws {StepError} class `hook-not-allowed`, or `hook` if there is no whitelist */
  async check(): Promise<void> {
    if (this.rules !== undefined) await this.#options.stage.check(allSteps(this.#plan));
  }

  /** @throws {StepError} class `hook` */
  request(request: SourceRequest): Promise<SourceRequest> {
    return transformRequest(request, this.#plan.preRequest, this.#attempts);
  }

  /** The document that the hooks make; its file is removed by the caller. @throws {StepError} class `hook`, `storage` */
  document(document: Document): Promise<Document> {
    const { maxSize, spoolFile } = this.#options;
    return transformDocument(document, this.#plan.postRequest, {
      attempts: this.#attempts,
      maxSize,
      newFile: () => `${spoolFile}.hook${++this.#files}`,
    });
  }
}
