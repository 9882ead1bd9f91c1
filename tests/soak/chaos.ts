import type { Trouble } from "./history.ts";
import { originCount, replicaCount, type SoakWorld } from "./soak_world.ts";
import { stepsWallClocks } from "./wall_clock.ts";

/** What can be done to a world. */
export type ChaosKind =
  | "kill"
  | "restart"
  | "pause"
  | "outage"
  | "partition"
  | "clock"
  | "slow"
  | "dead"
  | "disk";

/** All that can be done on this machine. */
export const chaosKinds: readonly ChaosKind[] = [
  ...["kill", "restart", "pause", "outage", "partition"] as const,
  ...stepsWallClocks ? ["clock"] as const : [],
  ...["slow", "dead", "disk"] as const,
];

/** One thing that is done; `target` is a replica or an upstream, `lastsMs` the time until it is undone. */
export interface ChaosAction {
  readonly kind: ChaosKind;
  readonly target: number;
  readonly lastsMs: number;
}

/** How long each may last beside its least, in milliseconds; what is to end a lease lasts as much longer as that. */
const durations: Readonly<Record<ChaosKind, readonly [least: number, more: number]>> = {
  kill: [0, 8_000],
  restart: [0, 8_000],
  pause: [4_000, 8_000],
  outage: [1_000, 14_000],
  partition: [4_000, 10_000],
  clock: [5_000, 5_000],
  slow: [5_000, 10_000],
  dead: [5_000, 15_000],
  disk: [5_000, 5_000],
};

/** Any action of these kinds, by chance. */
export function chooseAction(
  random: () => number,
  kinds: readonly ChaosKind[] = chaosKinds,
): ChaosAction {
  const kind = kinds[Math.floor(random() * kinds.length)]!;
  const isOfOrigin = kind === "slow" || kind === "dead";
  const [least, more] = durations[kind];
  return {
    kind,
    target: Math.floor(random() * (isOfOrigin ? originCount : replicaCount)),
    lastsMs: Math.round(least + random() * more),
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** S3 refuses requests whose time is off by more than 15 minutes; so far every clock may be. */
const clockStepSeconds = 600;

/** How each is done, and undone. */
const actions: Readonly<
  Record<ChaosKind, (world: SoakWorld, action: ChaosAction) => Promise<void>>
> = {
  async kill({ replicas }, { target, lastsMs }) {
    await replicas[target]!.end("SIGKILL");
    await pause(lastsMs);
    await replicas[target]!.start();
  },
  async restart({ replicas }, { target, lastsMs }) {
    await replicas[target]!.end("SIGTERM");
    await pause(lastsMs);
    await replicas[target]!.start();
  },
  async pause({ replicas }, { target, lastsMs }) {
    replicas[target]!.signal("SIGSTOP");
    await pause(lastsMs);
    replicas[target]!.signal("SIGCONT");
  },
  async outage({ plane }, { lastsMs }) {
    await plane.stop("kube-apiserver");
    await pause(lastsMs);
    await plane.start();
  },
  async partition({ network }, { target, lastsMs }) {
    await network.setPartition(target, true);
    await pause(lastsMs);
    await network.setPartition(target, false);
  },
  async clock({ replicas }, { target, lastsMs }) {
    await replicas[target]!.setClock(clockStepSeconds);
    await pause(lastsMs);
    await replicas[target]!.setClock(0);
  },
  async slow({ documents }, { target, lastsMs }) {
    documents.setMode(target, "slow");
    await pause(lastsMs);
    documents.setMode(target, "well");
  },
  async dead({ documents }, { target, lastsMs }) {
    documents.setMode(target, "dead");
    await pause(lastsMs);
    documents.setMode(target, "well");
  },
  async disk({ store }, { target, lastsMs }) {
    await store.fillDisk(target);
    await pause(lastsMs);
    await store.emptyDisk(target);
  },
};

function hindranceOf({ kind, target }: ChaosAction): Trouble["keepsFrom"] {
  if (kind === "slow" || kind === "dead") return { origin: target };
  return kind === "outage" || kind === "disk" ? "all" : undefined;
}

/** Does one thing while documents change in its middle, so that it meets work in flight; returns when it is undone. */
export async function disturb(world: SoakWorld, action: ChaosAction): Promise<void> {
  const { kind, target } = action;
  const isPastLease = kind === "pause" || kind === "partition";
  const lastsMs = action.lastsMs + (isPastLease ? world.leaseMs : 0);
  const what = kind === "outage" ? kind : `${kind} ${target}`;
  world.say(`${what} for ${lastsMs} ms`);
  world.documents.change(world.names.filter((_, index) => index % 10 === 0));
  await pause(world.terms.intervalMs / 4);
  const undone = world.recorder.trouble(what, hindranceOf(action));
  await actions[kind](world, { ...action, lastsMs });
  undone();
}
