import type { Validators } from "../core/document.ts";
import type { Secret } from "../core/secret.ts";
import type { NamespacedName } from "../core/source_key.ts";
import { StepError } from "../core/step_error.ts";
import { ObjectsUnavailableError } from "../objects/objects.ts";
import type { Fetched } from "../generate/generator.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { SourcePlan } from "./plan_source.ts";

/** What a fetch needs beside its plan. */
export interface FetchOptions {
  readonly source: NamespacedName;
  readonly readSecret: (name: NamespacedName) => Promise<Secret | undefined>;
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
 * Steps 1, 2 and 4 of a reconcile (DESIGN §4): reads the Secrets, builds the request and asks for the document.
 *
 * @throws {StepError} as the generator, or class `secret` if a Secret is missing or may not be read
 */
export async function fetchSource(plan: SourcePlan, options: FetchOptions): Promise<FetchResult> {
  const secrets = await readSecrets(plan.prepared.secretNames, options);
  const request = plan.prepared.request(secrets);
  const fingerprint = fingerprintOf(plan.spec, secrets);
  const fetched = await plan.prepared.fetch(request, {
    validators: options.validatorsFor(fingerprint),
    spoolFile: options.spoolFile,
    mayRepeat: (plan.spec.maxRetries ?? 3) > 0,
    signal: options.signal,
  });
  return { fetched, fingerprint };
}

async function readSecrets(
  names: readonly string[],
  { source: { namespace }, readSecret }: FetchOptions,
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
