import { StepError } from "../core/step_error.ts";
import { type ArtifactCopies, noCopies } from "../reconcile/artifact_copies.ts";
import type { ArtifactPeers } from "../serve/artifact_handler.ts";
import { PeerArtifacts, type PeerArtifactsOptions } from "../serve/peer_artifacts.ts";
import type { ArtifactStore } from "../store/artifact_store.ts";
import { PulledArtifacts } from "../store/cache/pulled_artifacts.ts";
import type { Log } from "../telemetry/log.ts";
import type { OperatorResources } from "./operator_resources.ts";

/** Bytes of other replicas' artifacts on their way at once; what goes beyond is served and not stored. */
const pullBytes = 256 * 2 ** 20;

/** What replicas need of each other. */
export interface ReplicaArtifactsParts extends PeerArtifactsOptions {
  /** Of this replica alone. */
  readonly store: ArtifactStore;
  readonly spoolDirectory: string;
  /** `--artifact-copies` */
  readonly copies: number;
  readonly log: Log;
  readonly resources: Pick<OperatorResources, "defer">;
}

/** What other replicas hold for this one and get from it, where each has a store of its own (DESIGN §8). */
export interface ReplicaArtifacts {
  readonly copies: ArtifactCopies;
  /** Undefined where all replicas have one store. */
  readonly peers?: ArtifactPeers;
  /**
   * Before this replica ends: has another one hold an artifact of its store. Undefined where all have one store, or no
   * copies are wanted.
   *
   * @returns false if none does, though there are others
   */
  readonly leave: ((key: string, self: string) => Promise<boolean>) | undefined;
}

/** Where all replicas have one store. */
export const sharedArtifacts: ReplicaArtifacts = { copies: noCopies, leave: undefined };

/** Opens the way to and from the other replicas' stores. */
export async function openReplicaArtifacts(
  { store, spoolDirectory, copies, log, resources, ...options }: ReplicaArtifactsParts,
): Promise<ReplicaArtifacts> {
  const directory = `${spoolDirectory}/pulled`;
  await Deno.mkdir(directory);
  const others = new PeerArtifacts(options);
  const pulled = new PulledArtifacts({
    store,
    source: (key, attempt) => others.open(key, attempt),
    directory,
    limitBytes: pullBytes,
    clock: options.clock,
    onRefused: (error) => log.warn("cannot keep what another replica holds", { error }),
    onCorrupt: (key) => log.warn("another replica holds other bytes than were published", { key }),
  });
  resources.defer(() => pulled.close());
  const hold: ArtifactPeers["hold"] = async (key, among) => {
    return await pulled.hold(key, (key, attempt) => others.open(key, attempt, among));
  };
  return {
    peers: { list: () => options.peers(), pull: (key) => pulled.open(key), hold },
    copies: {
      spread: (key) => spread(key, { others, copies, peers: options.peers().length }),
      recover: ({ path }) =>
        options.peers().length === 0
          ? Promise.resolve(false)
          : hold(path, options.peers()).catch(falseIfUnavailable),
    },
    leave: copies === 1
      ? undefined
      : async (key, self) => options.peers().length === 0 || await others.leave(key, self),
  };
}

async function spread(
  key: string,
  { others, copies, peers }: {
    readonly others: PeerArtifacts;
    readonly copies: number;
    readonly peers: number;
  },
): Promise<string | undefined> {
  const wanted = Math.min(copies, 1 + peers);
  if (wanted === 1) return undefined;
  const held = await others.replicate(key, wanted);
  return held < wanted ? `${held} of ${wanted} replicas hold it` : undefined;
}

function falseIfUnavailable(error: unknown): false {
  if (error instanceof StepError) return false;
  throw error;
}
