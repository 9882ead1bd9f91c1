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

  constructor(world: BenchWorld, namespace: string) {
    const onObject = ({ metadata: { name }, status }: RawObject) => {
      const revision = status?.artifact?.revision ?? "";
      if (this.#known.get(name) === revision) return;
      this.#known.set(name, revision);
      this.#waiting.get(name)?.();
    };
    const { signal } = this.#stop;
    this.#watching = world.api.watch(world.artifactsPath(namespace), { onObject, signal });
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
  const ours = await timesOf(world, namespace, async (i) => {
    const name = `s${(i * 7) % count}`;
    await world.upstream.bump(`${namespace}-${name.slice(1)}`);
    return { name, act: () => annotate(world, namespace, name) };
  });
  const bare = `${namespace}-bare`;
  await world.createNamespace(bare);
  await createPair(world, bare);
  const floor = await timesOf(world, bare, async (i) => ({
    name: "pair",
    act: async () => {
      await annotate(world, bare, "pair");
      await writeStatus(world, bare, i);
    },
  }));
  const measured = quantile(ours, 0.99);
  return [{
    ...{ row, what: "trigger → new revision published, p99", measured, unit: "ms", bar: 500 },
    beside: `p50 ${quantile(ours, 0.5).toFixed(0)} ms; two bare writes: p50 ${
      quantile(floor, 0.5).toFixed(0)
    } ms, p99 ${quantile(floor, 0.99).toFixed(0)} ms`,
  }];
}

async function timesOf(
  world: BenchWorld,
  namespace: string,
  prepare: (i: number) => Promise<{ readonly name: string; readonly act: () => Promise<void> }>,
): Promise<readonly number[]> {
  await using revisions = new Revisions(world, namespace);
  await new Promise((resolve) => setTimeout(resolve, 500)); // the watch tells what is there already
  const times: number[] = [];
  for (let i = 0; i < samples; i++) {
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
