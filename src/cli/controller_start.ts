import { parseSettings } from "../config/parse_settings.ts";
import type { CredentialSource } from "../objects/kube/credentials.ts";
import { ApiUnreachableError } from "../objects/kube/api_unreachable_error.ts";
import type { KubeObjects } from "../objects/kube/kube_objects.ts";
import { ObjectsUnavailableError } from "../objects/objects.ts";
import { type ClusterPlace, connect, findCredentials, isInPod } from "./cluster_connection.ts";
import { type CommandInput, InputError } from "./command.ts";
import { checkPlace, watchedNamespace } from "./controller_place.ts";
import { controllerSettings, type ControllerValues } from "./operator_settings.ts";
import { OperatorSamples } from "./operator_samples.ts";
import { systemClock } from "./system_clock.ts";
import { createTelemetry, type Telemetry } from "./telemetry.ts";

/** How often the ConfigMap is asked for before a controller that cannot reach its API server gives up. */
const configMapTries = 10;

/** A controller that knows its settings and its cluster. */
export interface ControllerStart {
  readonly values: ControllerValues;
  readonly place: ClusterPlace;
  readonly objects: KubeObjects;
  readonly credentials: CredentialSource;
  readonly telemetry: Telemetry;
  readonly samples: OperatorSamples;
  readonly writes: WriteGate;
}

/** Whether anything may be sent that writes; asked at each send. Nothing may before this replica is a member. */
export interface WriteGate {
  mayWrite: () => boolean;
}

/**
 * Reads the settings; those of the ConfigMap need a connection, which needs settings: flags and environment come first.
 *
 * @throws {ConfigError} with every mistake at once
 */
export async function startController(input: CommandInput): Promise<ControllerStart> {
  const first = parse(input, undefined);
  if (first.positionals.length > 0) {
    throw new InputError(
      `Cannot use "${first.positionals[0]}": controller takes flags only, see --help`,
    );
  }
  const place = { kubeconfig: first.values.kubeconfig, environment: input.environment };
  // Outside a pod a kubeconfig may name a program that gets the credentials.
  if (isInPod(place)) input.drop("run");
  const samples = new OperatorSamples(systemClock);
  const telemetry = createTelemetry(first.values, { clock: systemClock, samples });
  const credentials = await findCredentials(place);
  const writes: WriteGate = { mayWrite: () => false };
  const objects = connectTo(credentials, first.values, { telemetry, writes });
  try {
    const configMap = await readConfigMap(objects, first.values, {
      telemetry,
      signal: input.signal,
    });
    const { values, warnings } = parse(input, configMap);
    checkPlace(values, place);
    for (const warning of warnings) telemetry.log.warn(warning);
    return { values, place, objects, credentials, telemetry, samples, writes };
  } catch (error) {
    await objects.close();
    throw error;
  }
}

function parse(input: CommandInput, configMap: Readonly<Record<string, string>> | undefined) {
  const { arguments: given, environment } = input;
  return parseSettings({ described: controllerSettings, arguments: given, environment, configMap });
}

function connectTo(
  credentials: CredentialSource,
  values: ControllerValues,
  { telemetry: { log, metrics }, writes }: {
    readonly telemetry: Telemetry;
    readonly writes: WriteGate;
  },
): KubeObjects {
  const namespace = watchedNamespace(values);
  return connect(credentials, {
    instance: values.podName || "externalsource-controller",
    ...(namespace ? { watchNamespace: namespace } : {}),
    ...(values.watchLabelSelector ? { watchLabelSelector: values.watchLabelSelector } : {}),
    mayWrite: () => writes.mayWrite(),
    onCall: (call) => metrics.apiRequested(call),
    onDroppedEvent: () => metrics.eventDropped("kubernetes"),
    onProblem: (message) => log.named("objects").warn(message),
  });
}

async function readConfigMap(
  objects: KubeObjects,
  values: ControllerValues,
  { telemetry: { log }, signal }: { readonly telemetry: Telemetry; readonly signal: AbortSignal },
): Promise<Readonly<Record<string, string>> | undefined> {
  const name = { namespace: values.configMapNamespace, name: values.configMapName };
  for (let attempt = 1;; attempt++) {
    try {
      return await objects.readConfigMap(name);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ObjectsUnavailableError && error.refusal === "forbidden") {
        log.warn("settings of the ConfigMap are not used: it may not be read", { error });
        return undefined;
      }
      const away = error instanceof ApiUnreachableError ? error : undefined;
      if (attempt >= configMapTries) {
        throw away
          ? new ObjectsUnavailableError(`Cannot start: ${away.state}`, { cause: away })
          : error;
      }
      if (away) log.warn("waiting for the API server", { state: away.state });
      else log.warn("cannot read the ConfigMap of settings yet", { error });
      await new Promise<void>((resolve) => systemClock.schedule(resolve, 1_000));
    }
  }
}
