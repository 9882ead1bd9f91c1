import type { RawObject } from "../bare_api.ts";
import type { Bar } from "../bar.ts";
import type { BenchWorld } from "../bench_world.ts";
import { quantile } from "../quantile.ts";

const samples = 200;
const mergePatch = "application/merge-patch+json";
const annotation = "reconcile.fluxcd.io/requestedAt";

/** The sources among which triggers are sent. */
export interface TriggerOptions {
  readonly namespace: string;
  readonly count: number;
  readonly row: string;
}

/** Tells when the ExternalArtifact of a name says something new. */
class Revisions implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #known = new Map<string, string>();
  readonly #waiting = new Map<string, () => void>();
  readonly #watching: Promise<void>;

  private constructor(world: BenchWorld, namespace: string) {
    const onObject = ({ metadata: { name }, status }: RawObject) => {
      const revision = status?.artifact?.revision ?? "";
      if (this.#known.get(name) === revision) return;
      this.#known.set(name, revision);
      this.#waiting.get(name)?.();
    };
    const { signal } = this.#stop;
    this.#watching = world.api.watch(world.artifactsPath(namespace), { onObject, signal });
  }

  /** Resolves once the watch has told what is there already. */
  static async of(world: BenchWorld, namespace: string): Promise<Revisions> {
    const revisions = new Revisions(world, namespace);
    for (let before = -1; before !== revisions.#known.size;) {
      before = revisions.#known.size;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    return revisions;
  }

  next(name: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(name, resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }
}

/** requestedAt → a new revision in the ExternalArtifact, beside a bare client doing the two writes. */
export async function triggerBars(
  world: BenchWorld,
  { namespace, count, row }: TriggerOptions,
): Promise<readonly Bar[]> {
  const ours = await triggerTimes(world, { namespace, count });
  const floor = await bareTimes(world, `${namespace}-bare`);
  return [{
    ...{ row, what: "trigger → new revision published, p99", unit: "ms", bar: 500 },
    measured: quantile(ours, 0.99),
    beside: `p50 ${inMs(ours, 0.5)}; two bare writes: p50 ${inMs(floor, 0.5)}, p99 ${
      inMs(floor, 0.99)
    }`,
  }];
}

/** A part of some times, in words. */
export const inMs = (times: readonly number[], part: number) =>
  `${quantile(times, part).toFixed(0)} ms`;

/** How long each of some triggers, one after the other, took to be published; milliseconds. */
export async function triggerTimes(
  world: BenchWorld,
  { namespace, count, ...limits }: Pick<TriggerOptions, "namespace" | "count"> & SampleLimits,
): Promise<readonly number[]> {
  await using revisions = await Revisions.of(world, namespace);
  return await timesOf(revisions, {
    ...limits,
    prepare: async (i) => {
      const name = `s${(i * 7) % count}`;
      await world.upstream.bump(`${namespace}-${name.slice(1)}`);
      return { name, act: () => annotate(world, namespace, name) };
    },
  });
}

/** The floor: the two writes of a trigger and of its outcome by a bare client, in a new namespace. */
async function bareTimes(world: BenchWorld, namespace: string): Promise<readonly number[]> {
  await world.createNamespace(namespace);
  await createPair(world, namespace);
  await using revisions = await Revisions.of(world, namespace);
  return await timesOf(revisions, {
    prepare: (i) =>
      Promise.resolve({
        name: "pair",
        act: async () => {
          await annotate(world, namespace, "pair");
          await writeStatus(world, namespace, i);
        },
      }),
  });
}

/** When to begin, and when to stop. */
export interface SampleLimits {
  /** Called right before the first. */
  readonly onWatching?: () => void;
  /** Milliseconds after which no further one begins. */
  readonly withinMs?: number;
}

interface SampleOptions extends SampleLimits {
  readonly prepare: (
    i: number,
  ) => Promise<{ readonly name: string; readonly act: () => Promise<void> }>;
}

async function timesOf(
  revisions: Revisions,
  { withinMs = Infinity, onWatching, prepare }: SampleOptions,
): Promise<readonly number[]> {
  const times: number[] = [];
  onWatching?.();
  const begin = performance.now();
  for (let i = 0; i < samples && performance.now() - begin < withinMs; i++) {
    const { name, act } = await prepare(i);
    const seen = revisions.next(name);
    const start = performance.now();
    await act();
    await seen;
    times.push(performance.now() - start);
  }
  return times;
}

async function annotate(world: BenchWorld, namespace: string, name: string): Promise<void> {
  await world.api.json({
    method: "PATCH",
    path: `${world.sourcesPath(namespace)}/${name}`,
    contentType: mergePatch,
    body: { metadata: { annotations: { [annotation]: crypto.randomUUID() } } },
  });
}

async function createPair(world: BenchWorld, namespace: string): Promise<void> {
  const url = world.upstream.url("/doc/pair");
  await world.createSource(namespace, { name: "pair", interval: "10m", url });
  const kind = { apiVersion: "source.toolkit.fluxcd.io/v1", kind: "ExternalArtifact" };
  const body = { ...kind, metadata: { name: "pair", namespace }, spec: {} };
  await world.api.json({ method: "POST", path: world.artifactsPath(namespace), body });
}

async function writeStatus(world: BenchWorld, namespace: string, i: number): Promise<void> {
  const digest = `sha256:${i.toString(16).padStart(64, "0")}`;
  const lastUpdateTime = "2026-01-01T00:00:00Z";
  const artifact = {
    digest,
    revision: `latest@${digest}`,
    path: "p",
    url: "http://u",
    lastUpdateTime,
  };
  await world.api.json({
    method: "PATCH",
    path: `${world.artifactsPath(namespace)}/pair/status`,
    contentType: mergePatch,
    body: { status: { artifact } },
  });
}
