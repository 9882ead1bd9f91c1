import type { Clock } from "../core/clock.ts";
import type { Members } from "../shard/members.ts";
import type { Log } from "../telemetry/log.ts";
import { leaveCopies, type LeaveCopiesParts } from "./leave_copies.ts";
import type { Operator } from "./operator.ts";
import type { ReplicaArtifacts } from "./replica_artifacts.ts";
import { spreadToJoined } from "./spread_to_joined.ts";

/** What {@linkcode keepCopies} works with. */
export interface KeepCopiesParts extends Pick<LeaveCopiesParts, "objects" | "store"> {
  readonly members: Pick<Members, "name" | "peers">;
  readonly operator: Pick<Operator, "spreadCopies">;
  readonly leave: ReplicaArtifacts["leave"];
  /** How long the end of this replica may take; milliseconds. */
  readonly patienceMs: number;
  readonly log: Log;
  readonly clock: Clock;
}

/**
 * Sees that others hold what they should: those that join until `signal` aborts, and then somebody what this replica has.
 * Nothing to do where all have one store, or no copies are wanted.
 */
export async function keepCopies(
  { members, operator, leave, log, ...parts }: KeepCopiesParts,
  signal: AbortSignal,
): Promise<void> {
  if (!leave) return;
  const { clock } = parts;
  const peers = () => members.peers();
  void spreadToJoined({ peers, spread: () => operator.spreadCopies(), clock }, signal);
  if (!signal.aborted) {
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  }
  const { name = "" } = members;
  const left = await leaveCopies({ ...parts, leave: (key) => leave(key, name) });
  if (left.lost > 0 || left.unasked > 0) {
    log.warn("leaving artifacts that no other replica may hold", { ...left });
  }
}
