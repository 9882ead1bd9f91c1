import type { Clock } from "../../core/clock.ts";
import { type ApiCall, ApiClient } from "./api_client.ts";
import { ApiConnection } from "./api_connection.ts";
import type { CredentialSource } from "./credentials.ts";

/** How to reach an API server for one purpose. */
export interface OwnConnectionOptions {
  readonly credentials: CredentialSource;
  readonly clock: Clock;
  /** `externalsource-controller/1.2.3` */
  readonly userAgent: string;
  /** One call, in milliseconds. */
  readonly requestMs: number;
  /** Called after each call, for `rest_client_requests_total`. */
  readonly onCall?: (call: ApiCall) => void;
  /** Called with what a log should say of the credentials. */
  readonly onProblem?: (message: string) => void;
}

/** A connection beside that of the objects; whoever opens it closes it. */
export interface OwnConnection {
  readonly connection: ApiConnection;
  readonly client: ApiClient;
}

/** A connection on which nothing else waits and which nothing else takes down. Nothing is sent before the first call. */
export function openOwnConnection(options: OwnConnectionOptions): OwnConnection {
  const { credentials, clock, userAgent, requestMs, onCall, onProblem } = options;
  const connection = new ApiConnection(credentials, {
    clock,
    ...(onProblem ? { onProblem } : {}),
  });
  const client = new ApiClient(connection, {
    ...{ clock, userAgent, timeoutMs: requestMs },
    ...(onCall ? { onCall } : {}),
  });
  return { connection, client };
}
