/** What a failure of Redis, or of the way to it, means. */
export interface RedisFault {
  /** To follow a colon; holds no text of the server, which may repeat what it was sent. */
  readonly state: string;
  /** Whether another connection may do better: the call may be made again, once there is one. */
  readonly isLost: boolean;
  /** Whether all the time that a call may take has passed. */
  readonly wasSlow?: true;
}

/** What Redis answers instead of doing something, by the first word of its answer. */
const answers: Readonly<Record<string, string>> = {
  ASK: "it is a cluster; write REDIS_URL as redis+cluster://…",
  BUSY: "it is busy with a script of somebody else",
  CLUSTERDOWN: "the cluster is down: not every slot has a master",
  DENIED: "it is in protected mode, which refuses others than localhost; set a password",
  LOADING: "it is still loading its data",
  MASTERDOWN: "it is a replica that has lost its master",
  MISCONF: "it takes no writes because it cannot save its data to disk",
  MOVED: "it is a cluster; write REDIS_URL as redis+cluster://…",
  NOAUTH: "it wants a password; set it in REDIS_URL or REDIS_PASSWORD_FILE",
  NOPERM:
    "its user needs the keys that begin with REDIS_PREFIX and +@read +@write +@scripting +@connection +time +info +cluster|slots",
  NOREPLICAS: "it takes no writes because too few replicas are in step",
  OOM: "it is out of memory; raise maxmemory, or remove what else is kept there",
  READONLY: "it is a replica, which takes no writes",
  TRYAGAIN: "the cluster is moving the slot",
  WRONGPASS: "it refuses user or password; correct REDIS_URL or REDIS_PASSWORD_FILE",
  WRONGTYPE: "something else is kept under that name; set another REDIS_PREFIX",
};

/** What a connection may do better that is made anew: to the new master, once there is one. */
const answersOfTheWrongServer = ["READONLY", "MASTERDOWN"];

const codes: Readonly<Record<string, string>> = {
  EACCES: "the socket refuses this process",
  EAI_AGAIN: "its name cannot be resolved",
  ECONNREFUSED: "the connection is refused",
  ECONNRESET: "the connection was reset",
  EHOSTUNREACH: "there is no way to the host",
  ENETUNREACH: "there is no way to the network",
  ENOENT: "there is no such socket",
  ENOTFOUND: "its name cannot be resolved",
  EPIPE: "the connection was closed",
  ETIMEDOUT: "the connection timed out",
};

/**
 * Classifies what the client library threw. By text where the library, which has no types for its failures, leaves
 * nothing else (ioredis 6.0.0).
 *
 * @returns undefined for a bug
 */
export function redisFault(error: unknown): RedisFault | undefined {
  if (!(error instanceof Error) || isBug(error)) return undefined;
  if (isAnswer(error)) return answerFault(error.message);
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (code in codes) return lost(codes[code]!);
  if (error.name === "ClusterAllFailedError") {
    const last = "lastNodeError" in error ? error.lastNodeError : undefined;
    return isAnswer(last) ? answerFault(last.message) : lost("no node of the cluster answers");
  }
  return textFault(error);
}

/** Whether Redis itself said no. */
export function isAnswer(error: unknown): error is Error & { readonly name: "ReplyError" } {
  return error instanceof Error && error.name === "ReplyError";
}

/** By what the library writes, or the TLS of Deno. */
const texts: readonly (readonly [RegExp, string])[] = [
  [
    /^All sentinels are unreachable.*Last error: (NOAUTH|WRONGPASS)/,
    "the Sentinels want another password; set REDIS_SENTINEL_PASSWORD",
  ],
  [/^All sentinels are unreachable/, "no Sentinel answers, or none knows the master"],
  [/^None of startup nodes is available/, "no node of the cluster answers"],
  [/certificate|\btls\b|ssl|handshake|UnknownIssuer/i, "TLS fails; see REDIS_CA_FILE"],
  [/refused/i, "the connection is refused"],
  [
    /^Connection is closed|^Stream isn't writeable|^Command aborted|^Cluster is|^Cluster isn't/,
    "the connection was lost",
  ],
  [/^Unknown RESP type|Please report this/, "its answers are not the protocol of Redis"],
];

/** All the time that a call may take has passed. */
export const slowFault: RedisFault = { ...lost("it does not answer in time"), wasSlow: true };

/** Everything else comes from the library or the network, whose failures are plain errors. */
function isBug(error: Error): boolean {
  return [TypeError, RangeError, ReferenceError, SyntaxError].some((type) => error instanceof type);
}

function textFault(error: Error): RedisFault {
  const redirected = /^Too many Cluster redirections\. Last error: (?:ReplyError: )?(.*)/s
    .exec(error.message);
  if (redirected) return clusterFault(redirected[1]!);
  if (/^Command timed out|^Socket timeout|^timeout$|^connect ETIMEDOUT/.test(error.message)) {
    return slowFault;
  }
  const known = texts.find(([pattern]) => pattern.test(error.message));
  if (known) return lost(known[1]);
  return lost("the connection failed");
}

function clusterFault(lastError: string): RedisFault {
  return lastError.startsWith("CLUSTERDOWN")
    ? answerFault(lastError)
    : lost("a master of the cluster is away");
}

function answerFault(message: string): RedisFault {
  if (message.includes("cluster support disabled")) {
    return { state: "it is no cluster; write REDIS_URL as redis://…", isLost: false };
  }
  // Before Redis 7 the answer to a call within a script stands behind the place of the call.
  const code = /^(?:ERR Error running script.* -)?([A-Z]+)\b/s.exec(message)?.[1] ?? "";
  const state = answers[code] ?? `it refuses a command (${code || "no error code"})`;
  return { state, isLost: answersOfTheWrongServer.includes(code) };
}

function lost(state: string): RedisFault {
  return { state, isLost: true };
}
