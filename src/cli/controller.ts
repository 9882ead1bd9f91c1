import { helpText } from "../config/help_text.ts";
import type { ObjectEvent } from "../core/object_event.ts";
import type { Objects } from "../objects/objects.ts";
import { readOnlyObjects } from "../objects/read_only_objects.ts";
import type { ArtifactCopies } from "../reconcile/artifact_copies.ts";
import { type Members, soleMember } from "../shard/members.ts";
import type { Operator } from "./operator.ts";
import {
  openReplicaArtifacts,
  type ReplicaArtifacts,
  sharedArtifacts,
} from "./replica_artifacts.ts";
import { storeDefinition } from "../store/registry.ts";
import { createEventRecorder } from "../telemetry/event_recorder.ts";
import { createFluxEvents, type FluxEvents } from "../telemetry/flux_events.ts";
import type { Command, CommandInput } from "./command.ts";
import { type ControllerStart, startController } from "./controller_start.ts";
import { type ArtifactAccess, openAccess } from "./artifact_access.ts";
import { openDelivery } from "./artifact_delivery.ts";
import { createOperator, type OperatorPlace } from "./create_operator.ts";
import { endWithin } from "./end_within.ts";
import { openMembers } from "./controller_members.ts";
import { forbiddenEndpoints } from "./forbidden_endpoints.ts";
import { forgetProxies } from "./forget_proxies.ts";
import { keepCopies } from "./keep_copies.ts";
import { openMetricsAccess } from "./metrics_access.ts";
import type { Servers, ServersParts } from "./servers.ts";
import { openSidecarHooks } from "./sidecar_hooks.ts";
import type { OpenedStore } from "./open_store.ts";
import { OperatorResources } from "./operator_resources.ts";
import { controllerSettingGroups } from "./operator_settings.ts";
import { slewedClock } from "./slewed_clock.ts";
import { systemClock } from "./system_clock.ts";
import { tellEnd } from "./tell_end.ts";
import { version } from "./version.ts";
import { controllerUrlBase, isReadOnly, watchedNamespace } from "./controller_place.ts";

/** How long work that has to end may wait for a store or a disk; Kubernetes gives 30 s for all; milliseconds. */
const patienceMs = 5_000;

/** `controller`: the operator of a cluster. */
export const controllerCommand: Command = {
  summary: "run the operator in a cluster, or from a laptop against one (the default)",
  help: () =>
    helpText({
      usage: `Usage: externalsource-controller [controller] [FLAGS]

Watches ExternalSources, fetches their documents and publishes each as an ExternalArtifact that Flux applies. In a pod it
uses the service account; elsewhere a kubeconfig, and then only says what it would publish unless --storage-adv-addr names
an address at which the cluster reaches this machine.

A flag goes before its variable, that before the ConfigMap, that before the default.`,
      examples: [
        {
          command: "externalsource-controller --kubeconfig ~/.kube/config",
          description: "what would it publish? changes nothing",
        },
        {
          command:
            "externalsource-controller --kubeconfig ~/.kube/config --storage-adv-addr 192.0.2.10:8080",
          description: "publish from this machine, which the cluster reaches at that address",
        },
      ],
      settings: controllerSettingGroups,
    }),
  async run(input) {
    forgetProxies();
    const start = await startController(input);
    const told = tellEnd(input.signal, start.telemetry.log);
    try {
      await control(start, input);
    } finally {
      await start.objects.close();
    }
    told.ended();
    return 0;
  },
};

/** What is known only once all is open. */
interface Later {
  members: Members;
  operator: Operator | undefined;
  servers: Servers | undefined;
}

async function control(start: ControllerStart, { signal }: CommandInput): Promise<void> {
  const { values, telemetry, credentials } = start;
  const objects = seenObjects(start);
  await using resources = new OperatorResources();
  const later: Later = { members: soleMember, operator: undefined, servers: undefined };
  const opened = await resources.openStore(values, (key) => {
    telemetry.log.warn("the store gave other bytes than were put", { key });
    later.operator?.mend(key);
  });
  const access = await openAccess(values, {
    ...{ resources, log: telemetry.log },
    onCertificate: (certificate) => later.servers?.useCertificate("artifacts", certificate),
  });
  const metricsAccess = await openMetricsAccess(start, {
    resources,
    onCertificate: (certificate) => later.servers?.useCertificate("metrics", certificate),
  });
  const { delivery, ...held } = await openArtifacts(start, { opened, access, later, resources });
  const servers = later.servers = resources.startServers({
    ...{ values, telemetry, clock: slewedClock, store: opened.store, access, delivery },
    metricsAccess,
  });
  const generators = resources.createGenerators(values, {
    maxSourceSize: values.maxSourceSize,
    forbiddenEndpoints: forbiddenEndpoints(credentials.server, ownServers(values, servers)),
    allowLoopback: false,
    clock: systemClock,
  });
  const record = openRecorder(start, objects, resources);
  const hooks = await openSidecarHooks({
    ...{ values, telemetry, resources },
    onBadWhitelist: (problem) => tellOfWhitelist(problem, { values, record }),
  });
  const recordEvent = (event: ObjectEvent) => void record(event);
  const parts = { ...opened, objects, servers, generators, hooks, recordEvent };
  await operate(start, { ...parts, ...held, access, later, resources, signal });
  await servers.drain(values.drainTimeout);
}

/** What a controller has opened. */
type ControllerParts =
  & OpenedStore
  & Pick<OperatorPlace, "objects" | "generators" | "hooks" | "recordEvent" | "spoolDirectory">
  & {
    readonly servers: Servers;
    readonly copies: ArtifactCopies;
    readonly leave: ReplicaArtifacts["leave"];
    readonly access: ArtifactAccess;
    readonly later: Later;
    readonly resources: OperatorResources;
    readonly signal: AbortSignal;
  };

/** Runs the operator until the signal. */
async function operate(start: ControllerStart, parts: ControllerParts): Promise<void> {
  const { values, telemetry, samples } = start;
  const { servers, copies, leave, access, later, resources, signal, ...place } = parts;
  const urlBase = controllerUrlBase(values, { port: servers.artifactPort });
  const delivery = openDelivery({
    ...{ values, urlBase, copies, access, resources, log: telemetry.log },
    links: place.store.links,
    onMove: () => void later.operator?.republish(),
  });
  telemetry.log.info("started", {
    ...{ version, store: values.storageBackend, urlBase },
    ...servers.addresses,
  });
  const { members, replica, release } = openMembers(start, {
    ...{ port: servers.artifactPort, secure: access.certificates !== undefined, resources },
  });
  later.members = members;
  const { shared, durable } = storeDefinition(values.storageBackend);
  const operator = later.operator = createOperator({
    ...{ ...place, values, telemetry, delivery, replica },
    role: { members, isStoreShared: shared, isStoreDurable: durable },
    watchNamespace: watchedNamespace(values),
    isReadOnly: isReadOnly(values, start.place),
    ...storeOwner(start),
  });
  const { store, objects } = place;
  samples.use({ operator, store, isStoreShared: shared, objects, replica });
  resources.defer(() => samples.stop());
  servers.serve(operator, place.objects);
  resources.defer(members.onChange((change) => operator.takeOver(change)));
  const ending = { patienceMs, clock: systemClock };
  const copying = { ...place, ...ending, members, operator, leave, log: telemetry.log };
  const work = Promise.all([operator.run(signal), keepCopies(copying, signal)]);
  await endWithin(work, { signal, ...ending });
  await release(); // from now on nothing of what was left behind writes
}

/** What else consumers and replicas get artifacts from than the store through this server. */
async function openArtifacts(
  { values, telemetry: { log } }: ControllerStart,
  { opened: { store, spoolDirectory }, access, later, resources }: {
    readonly opened: OpenedStore & { readonly spoolDirectory: string };
    readonly access: ArtifactAccess;
    readonly later: Later;
    readonly resources: OperatorResources;
  },
): Promise<Omit<ReplicaArtifacts, "peers"> & Required<Pick<ServersParts, "delivery">>> {
  const isShared = storeDefinition(values.storageBackend).shared;
  const { copies, leave, peers } = isShared ? sharedArtifacts : await openReplicaArtifacts({
    ...{ store, spoolDirectory, copies: values.artifactCopies, log, resources },
    peers: () => later.members.peers(),
    token: () => access.tokens?.current,
    trust: () => access.certificates?.trust,
    clock: slewedClock,
  });
  const { links } = store;
  const redirect = links && values.s3UrlMode === "redirect"
    ? {
      stat: (key: string) => store.stat(key),
      url: (key: string, method: "GET" | "HEAD") => links.signedUrl(key, method),
    }
    : undefined;
  return {
    copies,
    leave,
    delivery: { ...(peers ? { peers } : {}), ...(redirect ? { redirect } : {}) },
  };
}

/** `host:port` of each server of the pod, the executor of hooks among them. */
function ownServers(
  { hookExecutorEndpoint }: Pick<ControllerStart["values"], "hookExecutorEndpoint">,
  { addresses }: Pick<Servers, "addresses">,
): readonly string[] {
  const executor = URL.parse(hookExecutorEndpoint);
  const isTcp = executor?.protocol === "http:";
  return [
    ...Object.values(addresses),
    ...(isTcp ? [`${executor.hostname}:${executor.port || 80}`] : []),
  ];
}

function openRecorder(
  start: ControllerStart,
  objects: Objects,
  resources: OperatorResources,
): ReturnType<typeof createEventRecorder> {
  const flux = fluxEvents(start);
  resources.defer(async () => await flux?.close());
  return createEventRecorder({
    recordEvent: (event) => objects.recordEvent(event),
    fluxEvents: flux,
    redact: (text) => start.telemetry.redactor.redact(text),
  });
}

/** The objects of the cluster, or a view of them that changes nothing. */
function seenObjects({ values, place, objects, telemetry: { log } }: ControllerStart): Objects {
  if (!isReadOnly(values, place)) return objects;
  log.warn(
    "read-only: nothing is published unless --storage-adv-addr says where the cluster reaches this machine",
  );
  return readOnlyObjects(objects, (line) => log.info(line));
}

/** An event of the pod, whose operators the whitelist is a matter of. */
function tellOfWhitelist(
  problem: string,
  { values: { podName, podNamespace }, record }: {
    readonly values: ControllerStart["values"];
    readonly record: (event: ObjectEvent) => Promise<void>;
  },
): void {
  if (podName === "") return;
  const pod = { apiVersion: "v1", kind: "Pod", namespace: podNamespace, name: podName, uid: "" };
  void record({
    involvedObject: pod,
    type: "Warning",
    reason: "WhitelistRefused",
    message: problem,
    time: systemClock.now(),
  });
}

/** What a process keeps to itself needs no owner, and so no right to read the Namespace. */
function storeOwner({ values, objects }: ControllerStart): Pick<OperatorPlace, "owner"> {
  if (values.storageBackend === "memory") return {};
  const owner = {
    selector: { namespace: watchedNamespace(values), labels: values.watchLabelSelector },
    readClusterUid: () => objects.readNamespaceUid("kube-system"),
    adopt: values.storeAdopt,
  };
  return { owner };
}

function fluxEvents(
  { values, place, telemetry: { metrics } }: ControllerStart,
): FluxEvents | undefined {
  if (values.eventsAddr === "" || isReadOnly(values, place)) return undefined;
  return createFluxEvents({
    address: values.eventsAddr,
    reportingInstance: values.podName || "externalsource-controller",
    clock: systemClock,
    onDropped: () => metrics.eventDropped("flux"),
  });
}
