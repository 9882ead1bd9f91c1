import { controllerName, managedByLabel } from "../../core/api_names.ts";
import type { Clock } from "../../core/clock.ts";
import type { ObjectEvent } from "../../core/object_event.ts";
import { type ApiCall, ApiClient } from "./api_client.ts";
import { ApiConnection } from "./api_connection.ts";
import type { CredentialSource } from "./credentials.ts";
import { EventRecorder } from "./event_recorder.ts";
import type { KindWatchOptions } from "./kind_watch.ts";
import { KubeObjects } from "./kube_objects.ts";

/** How to work with an API server; all waits are in milliseconds. */
export interface KubeOptions {
  /** From `podCredentials` or `kubeconfigCredentials`. */
  readonly credentials: CredentialSource;
  readonly clock: Clock;
  /** From 0 to below 1, as `Math.random`. */
  readonly random: () => number;
  /** `externalsource-controller/1.2.3` */
  readonly userAgent: string;
  /** Who reports events: `POD_NAME`, or the host's name. */
  readonly instance: string;
  /** Only these sources are watched. */
  readonly watchLabelSelector?: string;
  /** Only objects of this namespace are watched. */
  readonly watchNamespace?: string;
  /** Called after each call, for `rest_client_requests_total`. */
  readonly onCall?: (call: ApiCall) => void;
  /** Asked right before each write is sent: whether this replica's lease still lets it. @default always */
  readonly mayWrite?: () => boolean;
  /** Called for each event that is dropped. */
  readonly onDroppedEvent?: (event: ObjectEvent) => void;
  /** Called with what a log should say: failures of watching, objects that cannot be read. */
  readonly onProblem?: (message: string) => void;
  readonly times?: Partial<KubeTimes>;
  /** Objects in one page of a list. @default 500 */
  readonly pageSize?: number;
}

/** Waits that only tests change. */
export interface KubeTimes {
  /** One call. @default 30 s */
  readonly requestMs: number;
  /** Credentials are read again after this. @default 60 s */
  readonly refreshMs: number;
  /** A watch without any sign of life. @default 120 s: bookmarks come once a minute */
  readonly silenceMs: number;
  /** The server ends a watch after one to two times this. @default 300 s, as client-go */
  readonly watchMs: number;
  /** The first wait after a failure. @default 500 ms */
  readonly backoffBaseMs: number;
  /** @default 10 s: 60 s without an API server are made up within a sixth of that */
  readonly backoffMaxMs: number;
  /** Between two looks for a kind that is not installed. @default 10 s */
  readonly notInstalledMs: number;
}

const defaultTimes: KubeTimes = {
  requestMs: 30_000,
  refreshMs: 60_000,
  silenceMs: 120_000,
  watchMs: 300_000,
  backoffBaseMs: 500,
  backoffMaxMs: 10_000,
  notInstalledMs: 10_000,
};

function watchOptions(options: KubeOptions, times: KubeTimes): KindWatchOptions {
  const { clock, random, watchNamespace, pageSize = 500, onProblem = () => {} } = options;
  return {
    ...{ clock, random, pageSize, onProblem },
    ...(watchNamespace === undefined ? {} : { namespace: watchNamespace }),
    watchSeconds: times.watchMs / 1_000,
    silenceMs: times.silenceMs,
    backoff: {
      baseMs: times.backoffBaseMs,
      maxMs: times.backoffMaxMs,
      notInstalledMs: times.notInstalledMs,
    },
  };
}

/** The objects of one API server. Nothing is sent before the first call; `close()` what is returned. */
export function connectKube(options: KubeOptions): KubeObjects {
  const { clock, random, instance, watchLabelSelector, onProblem } = options;
  const times = { ...defaultTimes, ...options.times };
  const connection = new ApiConnection(options.credentials, {
    clock,
    refreshMs: times.refreshMs,
    ...(onProblem ? { onProblem } : {}),
  });
  const client = new ApiClient(connection, {
    clock,
    userAgent: options.userAgent,
    timeoutMs: times.requestMs,
    ...(options.onCall ? { onCall: options.onCall } : {}),
    ...(options.mayWrite ? { mayWrite: options.mayWrite } : {}),
  });
  const { onDroppedEvent } = options;
  const events = new EventRecorder(client, {
    ...{ clock, random, instance },
    ...(onDroppedEvent ? { onDropped: onDroppedEvent } : {}),
  });
  const watch = watchOptions(options, times);
  const sources = {
    ...watch,
    ...(watchLabelSelector === undefined ? {} : { labelSelector: watchLabelSelector }),
  };
  const artifacts = { ...watch, labelSelector: `${managedByLabel}=${controllerName}` };
  return new KubeObjects({ connection, client, events, watches: { sources, artifacts } });
}
