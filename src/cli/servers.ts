import { artifactKey } from "../core/artifact_key.ts";
import type { Clock } from "../core/clock.ts";
import type { Objects } from "../objects/objects.ts";
import { type NamespacedName, sourceKey } from "../core/source_key.ts";
import { artifactHandler, type ArtifactHandlerOptions } from "../serve/artifact_handler.ts";
import { type BindAddress, formatBindAddress, parseBindAddress } from "../serve/bind_address.ts";
import type { HttpHandler } from "../serve/http_handler.ts";
import { HttpServer } from "../serve/http_server.ts";
import { LiveNames } from "../serve/live_names.ts";
import { metricsHandler } from "../serve/metrics_handler.ts";
import { probeHandler } from "../serve/probe_handler.ts";
import { Readiness } from "../serve/readiness.ts";
import type { ArtifactStore } from "../store/artifact_store.ts";
import type { ServerCertificate } from "../serve/server_certificate.ts";
import { requireReview } from "../serve/require_review.ts";
import { requireToken } from "../serve/require_token.ts";
import type { ArtifactAccess } from "./artifact_access.ts";
import { RecentArtifacts } from "../store/recent_artifacts.ts";
import { observeDownloads } from "./download_observer.ts";
import { listenError, type ListenFlags } from "./listen_error.ts";
import type { MetricsAccess } from "./metrics_access.ts";
import type { Operator } from "./operator.ts";
import type { ControllerValues } from "./operator_settings.ts";
import type { Telemetry } from "./telemetry.ts";

type ServerValues = Pick<
  ControllerValues,
  | "artifactServerEnabled"
  | "artifactServerHost"
  | "artifactServerPort"
  | "artifactLatest"
  | "healthProbeBindAddress"
  | "metricsBindAddress"
  | "metricsEnabled"
  | "metricsSecure"
>;

/** What servers are made of. */
export interface ServersParts {
  readonly values: ServerValues;
  readonly store: ArtifactStore;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  /** What the artifact server shows and wants; without it neither. */
  readonly access?: ArtifactAccess;
  /** What `metricsSecure` needs, unless metrics are off. */
  readonly metricsAccess?: MetricsAccess | undefined;
  /** Where else consumers or this server get artifacts. */
  readonly delivery?: Pick<ArtifactHandlerOptions, "peers" | "redirect">;
}

/** What the servers answer from, once there is an operator. */
interface Behind {
  readonly operator: Operator;
  readonly objects: Pick<Objects, "sources" | "artifacts" | "readArtifact">;
}

const askStoreMs = 3_000;
const kinds = ["sources", "artifacts"] as const;

const bothIn = (flag: string): ListenFlags => ({ host: flag, port: flag });

/** The servers of a process: artifacts, probes, metrics. They answer from the start, at first that they are not ready. */
export class Servers {
  readonly #parts: ServersParts;
  readonly #readiness: Readiness;
  readonly #artifacts: HttpServer | undefined;
  readonly #live: LiveNames;
  readonly #others = new Map<"probes" | "metrics", HttpServer>();
  #behind: Behind | undefined;
  #isClosed = false;
  #cancelAsk = () => {};

  /** @throws {InputError} if an address cannot be listened on */
  constructor(parts: ServersParts) {
    this.#parts = parts;
    this.#readiness = new Readiness(parts.clock, kinds);
    this.#live = new LiveNames({
      clock: parts.clock,
      knows: (source) => this.#knows(source),
      read: async (source) => {
        const artifact = await this.#behind?.objects.readArtifact(source);
        return [artifact?.status.artifact?.path ?? []].flat();
      },
      onError: (error) =>
        parts.telemetry.log.warn("cannot ask whether a key is published", { error }),
    });
    try {
      if (parts.values.artifactServerEnabled) this.#artifacts = this.#listenForArtifacts();
      if (parts.values.healthProbeBindAddress !== "0") this.#listenForProbes();
      this.#listenForMetrics();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The port of the artifact server; undefined if it is off. */
  get artifactPort(): number | undefined {
    return this.#artifacts?.address.port;
  }

  /** `host:port` of each server that is not off, with the real port where any free one was asked for. */
  get addresses(): Readonly<Record<string, string>> {
    const servers = [["artifacts", this.#artifacts] as const, ...this.#others];
    return Object.fromEntries(
      servers.flatMap(([name, server]) =>
        server ? [[name, formatBindAddress(server.address)] as const] : []
      ),
    );
  }

  /** From now on the servers know what is published. */
  serve(operator: Operator, objects: Behind["objects"]): void {
    this.#behind = { operator, objects };
    this.#askStore();
  }

  /** A server shows another certificate from now on. */
  useCertificate(server: "artifacts" | "metrics", certificate: ServerCertificate): void {
    const listening = server === "artifacts" ? this.#artifacts : this.#others.get(server);
    listening?.useCertificate(certificate);
  }

  /** Takes no more downloads, lets running ones end for at most so many milliseconds. */
  async drain(timeoutMs: number): Promise<void> {
    await this.#artifacts?.drain(timeoutMs);
  }

  /** Ends everything at once. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelAsk();
    await Promise.all(
      [this.#artifacts, ...this.#others.values()].map((server) => server?.drain(0)),
    );
  }

  /** Until it has answered once: readiness waits for that. */
  #askStore(): void {
    const { store, clock, telemetry: { log } } = this.#parts;
    const none = artifactKey({ namespace: "none", name: "none", hex: "0".repeat(64) });
    store.stat(none).then(
      () => this.#readiness.storeAnswered(),
      (error) => {
        log.error("the store does not answer", { error });
        if (!this.#isClosed) this.#cancelAsk = clock.schedule(() => this.#askStore(), askStoreMs);
      },
    );
  }

  #listenForArtifacts(): HttpServer {
    const { values, access: { tokens, certificates } = {} } = this.#parts;
    const { artifactServerHost: hostname, artifactServerPort: port } = values;
    const handler = this.#artifactHandler();
    return this.#listen({ hostname, port }, {
      handler: tokens ? requireToken(handler, tokens) : handler,
      certificate: certificates?.current,
      flags: { host: "--artifact-server-host", port: "--artifact-server-port" },
      counted: true,
    });
  }

  #listenForProbes(): void {
    const address = parseBindAddress(this.#parts.values.healthProbeBindAddress);
    if (!address) return; // the configuration has refused it before
    const handler = probeHandler(() => this.#ready().report());
    const flags = bothIn("--health-probe-bind-address");
    this.#others.set("probes", this.#listen(address, { handler, flags }));
  }

  #listenForMetrics(): void {
    const { values, metricsAccess } = this.#parts;
    const address = parseBindAddress(values.metricsEnabled ? values.metricsBindAddress : "0");
    if (!address) return;
    if (values.metricsSecure && !metricsAccess) throw new TypeError("Nothing would guard metrics");
    const handler = this.#metricsHandler();
    this.#others.set(
      "metrics",
      this.#listen(address, {
        handler: metricsAccess ? requireReview(handler, metricsAccess.tokens) : handler,
        certificate: metricsAccess?.certificates.current,
        flags: bothIn("--metrics-bind-address"),
      }),
    );
  }

  #listen(
    address: BindAddress,
    { handler, flags, certificate, counted = false }: {
      readonly handler: HttpHandler;
      readonly certificate?: ServerCertificate | undefined;
      readonly flags: ListenFlags;
      /** Whether its answers are downloads. */
      readonly counted?: boolean;
    },
  ): HttpServer {
    const { clock, telemetry } = this.#parts;
    const observer = observeDownloads(telemetry, { counted });
    try {
      const secure = certificate ? { certificate } : {};
      return new HttpServer({ address, handler, clock, observer, ...secure });
    } catch (cause) {
      throw listenError(address, { flags, cause });
    }
  }

  #artifactHandler(): HttpHandler {
    const { values, store, clock, telemetry: { log, metrics } } = this.#parts;
    const recent = new RecentArtifacts({ store, clock });
    return artifactHandler({
      open: (key) => recent.open(key),
      isNamed: (key) => this.#behind?.operator.isNamed(key) ?? false,
      syncedSince: () => this.#ready().syncedSince,
      clock,
      ...(values.artifactLatest
        ? { currentKey: (name) => this.#behind?.operator.currentKey(name) }
        : {}),
      rebuild: (key) => this.#behind?.operator.rebuild(key),
      onMissing: () => metrics.artifactMissing(),
      onStorageError: (error) => log.error("cannot read an artifact", { error }),
      isNamedLive: (key) => this.#live.ask(key),
      ownerLostAt: (key) => this.#behind?.operator.ownerLostAt(key),
      ...this.#parts.delivery,
    });
  }

  #metricsHandler(): HttpHandler {
    const { metrics } = this.#parts.telemetry;
    return metricsHandler(() => ({
      contentType: metrics.contentType,
      pieces: metrics.render(),
    }));
  }

  #knows(source: NamespacedName): boolean {
    return kinds.some((kind) => this.#behind?.objects[kind].get(sourceKey(source)) !== undefined);
  }

  /** Readiness as of now: the caches tell their state only if asked. */
  #ready(): Readiness {
    for (const kind of kinds) {
      const state = this.#behind?.objects[kind].state ?? "waiting";
      if (state !== "waiting") this.#readiness.synced(kind);
    }
    return this.#readiness;
  }
}
