import type { Clock } from "../../core/clock.ts";
import type { Validators } from "../../core/document.ts";
import { publicUrl } from "../../core/public_url.ts";
import type { SourceRequest } from "../../core/source_request.ts";
import type { FetchContext, Fetched } from "../generator.ts";
import type { ConnectionPools } from "./connection_pools.ts";
import { type Answer, exchange } from "./exchange.ts";
import { ExchangeTimer } from "./exchange_timer.ts";
import { failureOfExchange, rejected, toFetchError, transient } from "./http_failure.ts";
import { firstHop } from "./first_hop.ts";
import { hostLimitsOf, type LimitsMoment } from "./host_limits.ts";
import type { Proxy } from "./proxy.ts";
import { headerOf, type ResponseHeaders } from "./rate_limit.ts";
import { type Hop, isRedirect, redirect } from "./redirect.ts";
import { spoolBody, tooLarge } from "./spool_body.ts";
import { statusFailure } from "./status_failure.ts";

/** What all fetches of a process share. */
export interface FetchParts {
  readonly clock: Clock;
  readonly pools: ConnectionPools;
  readonly proxyFor: (url: URL) => Proxy | undefined;
  readonly timeoutMs: number;
  readonly maxRetryAfterMs: number;
  readonly maxSourceSize: number;
  readonly userAgent: string;
}

/** One fetch under way. */
interface Exchange {
  readonly request: SourceRequest;
  readonly context: FetchContext;
  readonly parts: FetchParts;
  readonly timer: ExchangeTimer;
  /** The caller's or the timer's, whichever is first. */
  readonly signal: AbortSignal;
}

const maxRedirects = 10;

/** Longer ones are of no use to anybody and would fill a status. */
const maxValidatorLength = 1_024;

async function send(hop: Hop, { request, context, parts, timer, signal }: Exchange) {
  const target = {
    url: hop.url,
    proxy: parts.proxyFor(hop.url),
    ca: request.tls.ca,
    insecureSkipVerify: request.tls.insecureSkipVerify,
  };
  const { pools } = parts;
  return await exchange(hop, target, { pools, timer, signal, mayRepeat: context.mayRepeat });
}

/** The answer that is no redirect, and the request it answers. */
async function follow(state: Exchange): Promise<{ hop: Hop; answer: Answer }> {
  const { request, context, parts } = state;
  let hop = firstHop(request, context.validators, parts.userAgent);
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const answer = await send(hop, state);
    if (!isRedirect(answer.status)) return { hop, answer };
    await answer.end();
    const location = headerOf(answer.headers, "location");
    hop = redirect(hop, { status: answer.status, location }, request.secretHeaders);
    hop = { ...hop, headers: { "user-agent": parts.userAgent, ...hop.headers } };
  }
  throw rejected(`more than ${maxRedirects} redirects`);
}

function validatorsOf(headers: ResponseHeaders): Validators {
  const [etag, lastModified] = ["etag", "last-modified"]
    .map((name) => headerOf(headers, name))
    // `If-None-Match: *` means "if there is nothing" (RFC 9110 §13.1.2): every answer to it would be a 304, for ever.
    .map((value) =>
      value && value !== "*" && value.length <= maxValidatorLength ? value : undefined
    );
  return { ...(etag ? { etag } : {}), ...(lastModified ? { lastModified } : {}) };
}

/** Whether the request was conditional, so that a 304 means what we hold. */
const isConditional = ({ headers }: Hop) =>
  "if-none-match" in headers || "if-modified-since" in headers;

function checkStatus({ status, headers }: Answer, moment: LimitsMoment): void {
  if (status < 200 || status > 299) throw statusFailure({ status, headers }, moment);
}

async function receive(
  { hop, answer }: { readonly hop: Hop; readonly answer: Answer },
  { context, parts, timer, signal }: Exchange,
): Promise<Fetched> {
  const { validators } = context;
  const { headers, status } = answer;
  const moment = { now: parts.clock.now(), maxWaitMs: parts.maxRetryAfterMs };
  const hostLimits = hostLimitsOf(answer, moment);
  const said = hostLimits ? { hostLimits } : {};
  if (status === 304 && validators && isConditional(hop)) {
    return { changed: false, validators: { ...validators, ...validatorsOf(headers) }, ...said };
  }
  checkStatus(answer, moment);
  if (status === 206 && !("range" in hop.headers)) throw rejected("status 206, though not asked");
  const length = headerOf(headers, "content-length");
  if (hop.method !== "HEAD" && Number(length) > parts.maxSourceSize) {
    throw tooLarge(parts.maxSourceSize);
  }
  timer.answered();
  const document = await spoolBody(bodyUnder(answer.body, signal), {
    file: context.spoolFile,
    maxSize: parts.maxSourceSize,
    received: (bytes) => timer.received(bytes),
  });
  if (length !== undefined && hop.method !== "HEAD" && document.size !== Number(length)) {
    await Deno.remove(document.file);
    throw transient("the answer was cut off");
  }
  return {
    changed: true,
    document,
    validators: validatorsOf(headers),
    finalUrl: publicUrl(hop.url),
    ...said,
  };
}

/** A body whose failures are told from those of the file it goes to. */
async function* bodyUnder(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    signal.throwIfAborted();
    throw failureOfExchange(error, "body");
  }
}

async function fetchUnder(state: Exchange): Promise<Fetched> {
  const { hop, answer } = await follow(state);
  try {
    return await receive({ hop, answer }, state);
  } finally {
    await answer.end();
  }
}

/**
 * Asks for a document and spools it, with every rule of DESIGN §4, §5 and §9. No connection, timer or file is left
 * behind by a fetch that fails.
 *
 * @throws {StepError} as `PreparedSource.fetch` promises
 */
export async function fetchDocument(
  request: SourceRequest,
  context: FetchContext,
  parts: FetchParts,
): Promise<Fetched> {
  context.signal.throwIfAborted();
  const timer = new ExchangeTimer(parts.clock, parts.timeoutMs);
  const signal = AbortSignal.any([context.signal, timer.signal]);
  try {
    return await fetchUnder({ request, context, parts, timer, signal });
  } catch (error) {
    context.signal.throwIfAborted();
    throw toFetchError(request.url, error);
  } finally {
    timer.stop();
  }
}
