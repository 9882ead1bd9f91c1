import { UnequalUpstreams } from "../../acceptance/unequal_upstreams.ts";
import type { Bar } from "../bar.ts";
import type { BenchWorld } from "../bench_world.ts";
import { quantile } from "../quantile.ts";

const namespace = "fairness";
const counts = { good: 1_000, tarpit: 500, limited: 250 };
const intervalMs = 10_000;
const observedMs = 60_000;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * 1,000 sources beside as many of a host that never answers and of two that limit their rate. Late is what comes after the
 * interval, the jitter of up to a twentieth of it included.
 */
export async function fairnessRow(world: BenchWorld): Promise<readonly Bar[]> {
  await using upstreams = await UnequalUpstreams.start(counts);
  await world.createNamespace(namespace);
  const env = { HTTP_TIMEOUT: "5s" };
  const controller = await world.startController({ namespace, env });
  try {
    await createAll(world, upstreams);
    while (upstreams.fewestAsked < 2) await pause(200);
    await pause(2 * intervalMs); // the first documents are published by then
    const since = Date.now();
    await pause(observedMs);
    return barsOf(upstreams, since);
  } finally {
    await controller.end("SIGTERM");
  }
}

async function createAll(world: BenchWorld, upstreams: UnequalUpstreams): Promise<void> {
  const sources = [...upstreams.good, ...upstreams.others].flatMap(({ names, origin }) =>
    names.map((name) => ({ name, interval: `${intervalMs / 1_000}s`, url: `${origin}/${name}` }))
  );
  await world.api.inParallel(sources, {
    concurrency: 16,
    each: (source) => world.createSource(namespace, source),
  });
}

function barsOf(upstreams: UnequalUpstreams, since: number): readonly Bar[] {
  const row = "fairness";
  const { refusing, refusals, askedInHolds } = upstreams;
  const late = upstreams.gapsSince(since, intervalMs).map((gap) => gap - intervalMs);
  const at = (part: number) => quantile(late, part).toFixed(0);
  const early = askedInHolds.flat().filter((part) => part > 0.5).length;
  return [
    {
      ...{ row, what: "lateness of 1,000 sources beside a tarpit and two limited hosts, p99" },
      ...{ measured: quantile(late, 0.99), unit: "ms", bar: 1_000 },
      beside: `p50 ${at(0.5)} ms, longest ${at(1)} ms, of ${late.length} runs`,
    },
    {
      ...{ row, what: "requests late in a hold that a host asked for", measured: early, unit: "" },
      ...{ bar: 0, beside: `${upstreams.held.all.length} requests, ${askedInHolds.length} holds` },
    },
    {
      ...{ row, what: "requests refused by a host that says no more than 429", unit: "%" },
      measured: 100 * refusals.length / refusing.all.length,
      beside: `${refusals.length} of ${refusing.all.length}`,
    },
  ];
}
