import { parseArtifactKey } from "../core/artifact_key.ts";
import type { Clock } from "../core/clock.ts";
import type { Peer } from "../core/peer.ts";
import type { NamespacedName } from "../core/source_key.ts";
import { StepError } from "../core/step_error.ts";
import type { StoredArtifact, StoredInfo } from "../store/artifact_store.ts";
import { artifactAnswer } from "./artifact_answer.ts";
import { type HttpAnswer, textAnswer } from "./http_answer.ts";
import type { HttpHandler } from "./http_handler.ts";
import type { HttpRequest } from "./http_request.ts";
import type { LiveAnswer } from "./live_names.ts";
import { MissedArtifacts } from "./missed_artifacts.ts";
import { hopHeader, pullHeader } from "./peer_headers.ts";

/** What the artifact server knows of the rest of the controller. */
export interface ArtifactHandlerOptions {
  /** From the store of this replica, or the one that all share; undefined if there is none under that key. */
  open(key: string): Promise<StoredArtifact | undefined>;
  /** Whether a status.artifact of an ExternalArtifact or ExternalSource names the key. */
  isNamed(key: string): boolean;
  /** The same, asked of the API server. */
  isNamedLive?(key: string): Promise<LiveAnswer>;
  /** Since when all objects are known, in milliseconds since the Unix epoch; undefined if they are not yet. */
  syncedSince(): number | undefined;
  readonly clock: Clock;
  /** The key that a source publishes now; without it there is no `latest.tar.gz`. */
  currentKey?(source: NamespacedName): string | undefined;
  /** What other replicas offer, if each has a store of its own. */
  readonly peers?: ArtifactPeers;
  /** Sends clients to the store itself, if they are to get artifacts there. */
  readonly redirect?: ArtifactRedirect;
  /** When the source's owner was lost, in milliseconds since the Unix epoch; undefined while it has one, or never had. */
  ownerLostAt?(key: string): number | undefined;
  /** A published artifact was asked for and is not here: to be rebuilt. */
  rebuild?(key: string): void;
  /** One could be had from nowhere for so long that the consumer was told so: to be counted. */
  onMissing?(key: string): void;
  /** The store could not say whether it has a key. */
  onStorageError?(error: StepError): void;
}

/** The other replicas. */
export interface ArtifactPeers {
  list(): readonly Peer[];
  /** What one of them holds. @throws {StepError} class `storage` if that cannot be told */
  pull(key: string): Promise<StoredArtifact | undefined>;
  /** Brings an artifact from one of `among` into the own store. @returns whether it is there now */
  hold(key: string, among: readonly Peer[]): Promise<boolean>;
}

/** The store itself, as consumers reach it. Both throw `StepError` of class `storage`. */
export interface ArtifactRedirect {
  /** Nothing is signed that the store does not have. */
  stat(key: string): Promise<StoredInfo | undefined>;
  /** A URL that carries its permission, for that method alone. */
  url(key: string, method: "GET" | "HEAD"): Promise<string>;
}

interface Handling extends ArtifactHandlerOptions {
  readonly missed: MissedArtifacts;
}

/** An answer that consumers would take for "it is gone" is held back for so long while an artifact may be rebuilt. */
const rebuildMs = 30_000;
/** A conditional delete of another process may hide a key for as long as renaming it away and back takes. */
const secondLookMs = 20;
/** A store that says nothing keeps nobody for longer from what is cached here; milliseconds. */
const redirectMs = 5_000;
const retryAfter = { "Retry-After": "5" };
const latest = /\/latest\.tar\.gz$/;

/**
 * Answers for artifacts as Flux downloads them (FLUX §4): 404 makes a consumer give up for a while, 503 makes it retry,
 * so 404 is only said of what is known not to exist. What is held here is always served; other replicas are asked only
 * for what is published, so that an invented key costs them nothing (DESIGN §8).
 */
export function artifactHandler(given: ArtifactHandlerOptions): HttpHandler {
  const options = { ...given, missed: new MissedArtifacts() };
  return async (request) => {
    if (request.method !== "GET" && request.method !== "HEAD") {
      return textAnswer(405, "Only GET and HEAD", { "Allow": "GET, HEAD" });
    }
    const path = request.path.startsWith("/") ? request.path.slice(1) : "";
    if (parseArtifactKey(path)) return await answerFor(path, request, options);
    const source = options.currentKey && latestOf(path);
    if (!source) return notFound();
    const key = options.currentKey!(source);
    if (key === undefined) return options.syncedSince() === undefined ? notYet() : notFound();
    return uncached(await answerFor(key, request, options));
  };
}

/** The source whose current artifact a path asks for. */
function latestOf(path: string): NamespacedName | undefined {
  if (!latest.test(path)) return undefined;
  return parseArtifactKey(path.replace(latest, `/${"0".repeat(64)}.tar.gz`));
}

function uncached(answer: HttpAnswer): HttpAnswer {
  if (answer.status === 302) return answer;
  return { ...answer, headers: { ...answer.headers, "Cache-Control": "no-cache, no-transform" } };
}

async function answerFor(
  key: string,
  request: HttpRequest,
  options: Handling,
): Promise<HttpAnswer> {
  try {
    if (await refusesCopy(key, request, options)) return notFound();
    const redirect = await redirectFor(key, request, options);
    if (redirect) return redirect;
    const artifact = await options.open(key);
    if (artifact) {
      options.missed.found(key);
      return artifactAnswer(key, artifact, request);
    }
    return await elsewhere(key, request, options);
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    options.onStorageError?.(error);
    return textAnswer(503, "The store does not answer", retryAfter);
  }
}

const isFromPeer = ({ headers }: HttpRequest) =>
  headers.has(hopHeader.toLowerCase()) || headers.has(pullHeader.toLowerCase());

/** Whether another replica, known by its address, wants a copy to be held here that could not be had. */
async function refusesCopy(
  key: string,
  { method, headers, remoteAddress }: HttpRequest,
  { peers }: ArtifactHandlerOptions,
): Promise<boolean> {
  if (!peers || method !== "HEAD" || !headers.has(pullHeader.toLowerCase())) return false;
  const among = peers.list().filter(({ hostname }) => hostname === remoteAddress);
  return among.length > 0 && !await peers.hold(key, among);
}

async function redirectFor(
  key: string,
  request: HttpRequest,
  { redirect, clock, onStorageError }: ArtifactHandlerOptions,
): Promise<HttpAnswer | undefined> {
  if (!redirect || isFromPeer(request)) return undefined;
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const cancel = clock.schedule(() => resolve(undefined), redirectMs);
  try {
    const location = await Promise.race([locationOf(key, request, redirect), late]);
    if (location === undefined) return undefined;
    return { status: 302, headers: { "Location": location, "Cache-Control": "no-store" } };
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    onStorageError?.(error); // what is cached here can still be sent
    return undefined;
  } finally {
    cancel();
  }
}

async function locationOf(
  key: string,
  { method }: HttpRequest,
  redirect: ArtifactRedirect,
): Promise<string | undefined> {
  return await redirect.stat(key) &&
    await redirect.url(key, method === "HEAD" ? "HEAD" : "GET");
}

async function elsewhere(
  key: string,
  request: HttpRequest,
  options: Handling,
): Promise<HttpAnswer> {
  if (options.syncedSince() === undefined) return notYet();
  if (request.headers.has(hopHeader.toLowerCase())) {
    // The replica that asks may not own the source; whoever does has to learn what is lost.
    if (options.isNamed(key)) options.rebuild?.(key);
    return notFound();
  }
  const live = options.isNamed(key) ? "named" : await options.isNamedLive?.(key);
  if (live === "unknown") return textAnswer(503, "Too much is asked for at once", retryAfter);
  if (live !== "named") return notFound();
  const pulled = await pull(key, options);
  const artifact = pulled instanceof StepError ? undefined : pulled;
  const found = artifact ?? await lookAgain(key, options);
  if (found) {
    options.missed.found(key);
    return artifactAnswer(key, found, request);
  }
  options.rebuild?.(key);
  if (pulled instanceof StepError) throw pulled;
  return absent(key, options);
}

/** What other replicas have of it, or why that cannot be told. */
async function pull(
  key: string,
  { peers }: ArtifactHandlerOptions,
): Promise<StoredArtifact | StepError | undefined> {
  try {
    return await peers?.pull(key);
  } catch (error) {
    if (error instanceof StepError) return error;
    throw error;
  }
}

async function lookAgain(
  key: string,
  { open, clock }: ArtifactHandlerOptions,
): Promise<StoredArtifact | undefined> {
  await new Promise<void>((resolve) => void clock.schedule(resolve, secondLookMs));
  return await open(key);
}

function absent(key: string, { clock, missed, ownerLostAt, onMissing }: Handling): HttpAnswer {
  const now = clock.now();
  const since = missed.miss(key, now);
  if (now - Math.max(since, ownerLostAt?.(key) ?? since) < rebuildMs) {
    return textAnswer(503, "The artifact is being rebuilt", retryAfter);
  }
  onMissing?.(key);
  return notFound();
}

function notFound(): HttpAnswer {
  return textAnswer(404, "No such artifact", { "Cache-Control": "no-store" });
}

function notYet(): HttpAnswer {
  return textAnswer(503, "Not ready: objects are still being read", retryAfter);
}
