/**
 * The numbers to reach (DESIGN §14), each beside its peer or floor in the same run, as a table of ratios. Exits 1 if one is
 * missed. Linux, as root.
 *
 *     deno task bench [ROW...] [--sources N] [--runs N] [--large] [--markdown FILE] [--json FILE]
 *
 * Rows: create, fairness, unchanged, populated, replicas, document, downloads, serve, stores, stored, hooks; without one,
 * all. `--large` adds 10,000 sources.
 */
import { parseArgs } from "node:util";
import { type Bar, formatBars, isReached } from "./bar.ts";
import { BenchWorld, mayUnshare } from "./bench_world.ts";
import { createSourcesRow } from "./rows/create_sources.ts";
import { documentRow } from "./rows/document.ts";
import { downloadsRows } from "./rows/downloads.ts";
import { fairnessRow } from "./rows/fairness.ts";
import { hookRows } from "./rows/hooks.ts";
import { populatedRows } from "./rows/populated.ts";
import { replicasRows } from "./rows/replicas.ts";
import { serveRows } from "./rows/serve.ts";
import { storedRows } from "./rows/stored.ts";
import { storesRows } from "./rows/stores.ts";
import { unchangedRow } from "./rows/unchanged.ts";

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    sources: { type: "string", default: "1000" },
    runs: { type: "string", default: "3" },
    large: { type: "boolean", default: false },
    markdown: { type: "string" },
    json: { type: "string" },
  },
});
const [count, runs] = [Number(values.sources), Number(values.runs)];

const rows: Readonly<Record<string, (world: BenchWorld) => Promise<readonly Bar[]>>> = {
  create: async (world) => [
    ...await createSourcesRow(world, { count, runs, hosts: 20 }),
    ...await createSourcesRow(world, { count, runs: 1, hosts: 1 }),
  ],
  fairness: (world) => fairnessRow(world),
  unchanged: (world) => unchangedRow(world),
  populated: async (world) => [
    ...await populatedRows(world, { count, memoryBar: 150 }),
    ...(values.large ? await populatedRows(world, { count: 10_000, memoryBar: 400 }) : []),
  ],
  replicas: async (world) => [
    ...await replicasRows(world, { count, memoryBar: 150, replicas: [1, 2, 3] }),
    ...(values.large
      ? await replicasRows(world, { count: 10_000, memoryBar: 400, replicas: [1, 2, 3] })
      : []),
  ],
  document: (world) => documentRow(world, { runs }),
  downloads: (world) => downloadsRows(world, { runs }),
};

async function run(chosen: readonly string[]): Promise<readonly Bar[]> {
  const bars: Bar[] = [];
  const add = (some: readonly Bar[]) => {
    bars.push(...some);
    console.error(formatBars(some));
  };
  if (chosen.some((name) => name in rows)) {
    await using world = await BenchWorld.start();
    Deno.addSignalListener("SIGINT", () => {
      world[Symbol.asyncDispose]().finally(() => Deno.exit(130));
    });
    for (const name of chosen) if (rows[name]) add(await rows[name](world));
  }
  if (chosen.includes("serve")) add(await serveRows());
  if (chosen.includes("stores")) add(await storesRows({ runs }));
  if (chosen.includes("stored")) add(await storedRows());
  if (chosen.includes("hooks")) add(await hookRows({ runs }));
  return bars;
}

const names = [...Object.keys(rows), "serve", "stores", "stored", "hooks"];
const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`Cannot measure "${unknown.join('", "')}": rows are ${names.join(", ")}`);
  Deno.exit(2);
}
if (!await mayUnshare()) {
  console.error("Cannot measure as in a pod: unshare --mount needs root");
  Deno.exit(2);
}
const bars = await run(positionals.length > 0 ? positionals : names);
console.log(formatBars(bars));
if (values.markdown) await Deno.writeTextFile(values.markdown, formatBars(bars));
if (values.json) await Deno.writeTextFile(values.json, JSON.stringify(bars, null, 2) + "\n");
Deno.exit(bars.some((bar) => isReached(bar) === false) ? 1 : 0);
