import { publicUrl } from "../../core/public_url.ts";
import type { Secret } from "../../core/secret.ts";
import type { SourceRequest } from "../../core/source_request.ts";
import { configurationError, StepError } from "../../core/step_error.ts";
import type { PreparedSource } from "../generator.ts";
import { type AddressGuard, hostPortOf } from "./address_guard.ts";
import { caBundleFromSecret } from "./ca_bundle.ts";
import { fetchDocument, type FetchParts } from "./fetch_document.ts";
import { headersFromSecret } from "./header_secret.ts";
import type { HttpSpec } from "./http_spec.ts";
import { token } from "./request_headers.ts";

/** What a process needs to check and to fetch sources. */
export interface SourceParts extends FetchParts {
  readonly guard: AddressGuard;
}

/** @param name what a message calls the URL */
function checkUrl(text: string, { guard }: SourceParts, name = "spec.generator.http.url"): URL {
  const url = URL.parse(text);
  if (!url) {
    throw configurationError("InvalidURL", `Cannot use ${name}: it cannot be read as a URL`);
  }
  const unusable = (reason: string, state: string) =>
    configurationError(reason, `Cannot use ${name} "${publicUrl(url)}": ${state}`);
  if (!/^https?:$/.test(url.protocol)) {
    throw unusable("InvalidURL", "only http and https are fetched");
  }
  const refusal = guard.literalRefusal(url);
  if (refusal) throw unusable("RefusedAddress", `its address is refused: ${refusal}`);
  return url;
}

/** CONNECT makes a tunnel, not a document; TRACE would send the Secret's headers back as one. */
const refusedMethods = ["CONNECT", "TRACE"];

function checkMethod(method: string, shown = `method "${method.slice(0, 32)}"`): string {
  if (token.test(method) && !refusedMethods.includes(method.toUpperCase())) return method;
  throw configurationError(
    "InvalidMethod",
    `Cannot use ${shown}: it is not one that a document can be asked for with`,
  );
}

const referenceFields = ["headersSecretRef", "caBundleSecretRef"] as const;

/** As in the Go implementation, a reference without a name is none. */
const nameOf = (field: typeof referenceFields[number], spec: HttpSpec) =>
  spec[field]?.name || undefined;

function warningsOf(url: URL, spec: HttpSpec): PreparedSource["warnings"] {
  const nameless = referenceFields.filter((field) => spec[field] && !spec[field].name);
  return [
    ...(spec.insecureSkipVerify ? [insecure(url)] : []),
    ...nameless.map((field) => ({
      reason: "SecretRefIgnored",
      message: `spec.generator.http.${field} has no name, so no Secret is read for it`,
    })),
  ];
}

const hostNameOf = (url: URL) => `${url.hostname}:${hostPortOf(url).port}`;

/** The checks of the settings, of a request that hooks have changed: not the spec is wrong then. */
function checkRequest({ url, method }: SourceRequest, parts: SourceParts): string {
  try {
    checkMethod(method, "the method"); // what a hook prints may be a token in the wrong field
    return hostNameOf(checkUrl(url, parts, "the URL"));
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    const message = `${error.message} (as the pre-request hooks made it)`;
    throw new StepError(message, { class: "rejected", reason: "FetchFailed", cause: error });
  }
}

/** Secrets are read before; a name that is missing here is a bug of the caller. */
function secretOf(secrets: ReadonlyMap<string, Secret>, name: string): Secret {
  const secret = secrets.get(name);
  if (!secret) throw new TypeError(`Cannot find Secret "${name}" among those that were read`);
  return secret;
}

/**
 * Checks the settings of one source.
 *
 * @throws {StepError} class `configuration`, reason `InvalidURL`, `RefusedAddress` or `InvalidMethod`
 */
export function prepareHttpSource(spec: HttpSpec, parts: SourceParts): PreparedSource {
  const url = checkUrl(spec.url, parts);
  const method = checkMethod(spec.method || "GET");
  const headersName = nameOf("headersSecretRef", spec);
  const caName = nameOf("caBundleSecretRef", spec);
  const caKey = spec.caBundleSecretRef?.key || "ca.crt";
  const insecureSkipVerify = spec.insecureSkipVerify ?? false;
  const request = (secrets: ReadonlyMap<string, Secret>): SourceRequest => {
    const headers = headersName ? headersFromSecret(secretOf(secrets, headersName)) : {};
    const ca = caName ? caBundleFromSecret(secretOf(secrets, caName), caKey) : undefined;
    return {
      url: url.href,
      method,
      headers,
      secretHeaders: Object.keys(headers),
      tls: { insecureSkipVerify, ...(ca === undefined ? {} : { ca }) },
    };
  };
  return {
    host: hostNameOf(url),
    secretNames: [headersName, caName].filter((name) => name !== undefined),
    warnings: warningsOf(url, spec),
    request,
    hostOf: (asked) => checkRequest(asked, parts),
    fetch: (asked, context) => fetchDocument(asked, context, parts),
  };
}

const insecure = (url: URL) => ({
  reason: "InsecureSkipVerify",
  message: `The TLS certificate of "${
    publicUrl(url)
  }" is not verified: anybody on the way can read the headers and replace the document`,
});
