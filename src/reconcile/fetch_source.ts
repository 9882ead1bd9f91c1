import type { Validators } from "../core/document.ts";
import type { Secret } from "../core/secret.ts";
import type { NamespacedName } from "../core/source_key.ts";
import type { SourceRequest } from "../core/source_request.ts";
import { StepError } from "../core/step_error.ts";
import { ObjectsUnavailableError } from "../objects/objects.ts";
import type { Fetched } from "../generate/generator.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { SourcePlan } from "./plan_source.ts";
import type { SourceHooks } from "./source_hooks.ts";

/** Where the Secrets of a source are read. */
export interface SecretReader {
  readonly source: NamespacedName;
  readonly readSecret: (name: NamespacedName) => Promise<Secret | undefined>;
}

/** A request, and the Secrets that went into it. */
export interface BuiltRequest {
  readonly request: SourceRequest;
  readonly secrets: ReadonlyMap<string, Secret>;
}

/** What a fetch needs beside its request. */
export interface FetchOptions {
  readonly hooks: Pick<SourceHooks, "rules" | "changeRequest" | "hasRetries">;
  /** The validators to ask with under a fingerprint; undefined: fetch in full. */
  readonly validatorsFor: (fingerprint: string) => Validators | undefined;
  readonly spoolFile: string;
  readonly signal: AbortSignal;
}

/** The answer, and what it was asked under. */
export interface FetchResult {
  readonly fetched: Fetched;
  readonly fingerprint: string;
}

/**
 * Step 1 of a reconcile (DESIGN §4) without its hooks: reads the Secrets and builds the request.
 *
 * @throws {StepError} as the generator, or class `secret` if a Secret is missing or may not be read
 */
export async function buildRequest(
  { prepared }: Pick<SourcePlan, "prepared">,
  reader: SecretReader,
): Promise<BuiltRequest> {
  const secrets = await readSecrets(prepared.secretNames, reader);
  return { request: prepared.request(secrets), secrets };
}

/** Steps 2 and 4: asks for the document. @throws {StepError} as the generator */
export async function fetchSource(
  { spec, prepared }: Pick<SourcePlan, "spec" | "prepared">,
  { request, secrets }: BuiltRequest,
  { hooks, validatorsFor, spoolFile, signal }: FetchOptions,
): Promise<FetchResult> {
  const { rules, changeRequest, hasRetries } = hooks;
  const hooked = rules === undefined
    ? undefined
    : { rules, request: changeRequest ? request : undefined };
  const fingerprint = fingerprintOf(spec, secrets, hooked);
  const validators = validatorsFor(fingerprint);
  const context = { validators, spoolFile, mayRepeat: hasRetries, signal };
  return { fetched: await prepared.fetch(request, context), fingerprint };
}

async function readSecrets(
  names: readonly string[],
  { source: { namespace }, readSecret }: SecretReader,
): Promise<Map<string, Secret>> {
  const secrets = new Map<string, Secret>();
  for (const name of new Set(names)) {
    const secret = await readSecret({ namespace, name }).catch((error) => {
      throw isForbidden(error) ? secretForbidden({ namespace, name }, error) : error;
    });
    if (!secret) {
      throw new StepError(`Cannot read Secret "${namespace}/${name}": it does not exist`, {
        class: "secret",
        reason: "SecretNotFound",
      });
    }
    secrets.set(name, secret);
  }
  return secrets;
}

function isForbidden(error: unknown): boolean {
  return error instanceof ObjectsUnavailableError && error.refusal === "forbidden";
}

/** Of class `secret`: the right may come later, as the Secret may, and no change of the spec tells of it. */
function secretForbidden({ namespace, name }: NamespacedName, cause: unknown): StepError {
  return new StepError(
    `Cannot read Secret "${namespace}/${name}": the API server forbids it (RBAC); allow the controller's ` +
      `ServiceAccount to "get" Secrets in namespace "${namespace}"`,
    { class: "secret", reason: "SecretForbidden", cause },
  );
}
