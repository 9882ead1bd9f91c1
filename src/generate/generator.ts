import type { TSchema } from "typebox";
import type { Document, Validators } from "../core/document.ts";
import type { HostLimits } from "../core/host_limits.ts";
import type { Secret } from "../core/secret.ts";
import type { SourceRequest } from "../core/source_request.ts";

/** What a fetch gets from the reconcile that asks for it. */
export interface FetchContext {
  /** Sent as `If-None-Match` and `If-Modified-Since`; absent: the document is fetched in full. */
  readonly validators: Validators | undefined;
  /** Path of a file that does not exist yet; a changed document is written there, and nothing of an unchanged one. The caller removes it. */
  readonly spoolFile: string;
  /** Whether the exchange may be repeated once if it breaks before a status line came (DESIGN §3, `maxRetries`). */
  readonly mayRepeat: boolean;
  readonly signal: AbortSignal;
}

/** The answer of an upstream. */
export type Fetched =
  & {
    readonly validators: Validators;
    /** What it said of how fast it wants to be asked; absent: nothing. */
    readonly hostLimits?: HostLimits | undefined;
  }
  & (
    | { readonly changed: false }
    | {
      readonly changed: true;
      readonly document: Document;
      /** The URL that answered, after redirects: names the file if `destinationPath` is a directory. */
      readonly finalUrl: string;
    }
  );

/** The settings of one source, checked. Nothing of it touches the world before `fetch`. */
export interface PreparedSource {
  /** Names what shares a limit on requests in flight: host and port. */
  readonly host: string;
  /** The Secrets that {@linkcode PreparedSource.request} needs, in the namespace of the source. */
  readonly secretNames: readonly string[];
  /** What a user should be warned of in an event, once. */
  readonly warnings: readonly { readonly reason: string; readonly message: string }[];
  /**
   * The request, before hooks change it.
   *
   * @throws {StepError} class `secret` if a Secret lacks a key that is needed or holds a value that cannot be used: not
   * `configuration`, because no change of the spec mends a Secret
   */
  request(secrets: ReadonlyMap<string, Secret>): SourceRequest;
  /**
   * Checks what hooks made of a request as the settings were checked.
   *
   * @returns its host, as in {@linkcode PreparedSource.host}
   * @throws {StepError} class `rejected`: the next run of the hooks may make a better one
   */
  hostOf(request: SourceRequest): string;
  /**
   * Asks the upstream and spools its answer. Leaves no connection, timer or open file behind, however it ends.
   *
   * Once `context.signal` is aborted, its reason is thrown: that is the caller's end, not a failure.
   *
   * @throws {StepError} class `transient` (with `timedOut` if the upstream was too slow), `rejected` or, for the spool
   * file, `storage`; anything else thrown is a bug
   */
  fetch(request: SourceRequest, context: FetchContext): Promise<Fetched>;
}

/**
 * A kind of upstream. One file or folder in `generate/` and one line in `registry.ts` add one; the field of `spec` that
 * holds its settings, the CRD's enum and schema, and `docs/reference/` follow from {@linkcode Generator.schema}.
 */
export interface Generator {
  /** The settings under `spec.generator.{type}`. */
  readonly schema: TSchema;
  /**
   * Checks settings that already obey the schema.
   *
   * @throws {StepError} class `configuration`, with a reason of its own such as `InvalidURL`
   */
  prepare(settings: unknown): PreparedSource;
  /** Closes pooled connections. */
  close(): Promise<void>;
}
