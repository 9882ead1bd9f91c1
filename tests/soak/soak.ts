/**
 * `deno task soak [--minutes N] [--sources N] [--seed S] [--store s3|shared|pods] [--only KIND,KIND…] [--lease SECONDS]
 * [--interval SECONDS] [--margin SECONDS] [--polls PER-SECOND]`: three replicas through whatever happens to replicas, by
 * chance. Prints what happened, what was seen and which laws were broken; exit code 1 if any was. Needs root.
 */
import { parseArgs } from "node:util";
import { seededRandom } from "../seeded_random.ts";
import { chaosKinds, chooseAction } from "./chaos.ts";
import { soak, type SoakFigures } from "./soak_run.ts";
import { storeKinds } from "./soak_store.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    minutes: { type: "string", default: "10" },
    sources: { type: "string", default: "3000" },
    seed: { type: "string", default: `${Math.floor(Math.random() * 1e6)}` },
    store: { type: "string", default: "s3" },
    interval: { type: "string" },
    polls: { type: "string", default: "300" },
    lease: { type: "string", default: "3" },
    margin: { type: "string", default: "20" },
    only: { type: "string", default: "" },
  },
});
/** The one of `kinds` that somebody wrote; else says what there is and ends. */
function chosen<Kind extends string>(name: string, kinds: readonly Kind[]): Kind {
  const kind = kinds.find((each) => each === name);
  if (kind !== undefined) return kind;
  console.error(`Cannot soak with "${name}": it is one of ${kinds.join(", ")}`);
  Deno.exit(2);
}

const store = chosen(values.store, storeKinds);
const [minutes, sources, seed] = [values.minutes, values.sources, values.seed].map(Number) as [
  number,
  number,
  number,
];
const inMs = (seconds: string | number) => Number(seconds) * 1_000;

/** Each of these once; without any, all by chance for as long as it lasts. */
const only = (values.only || undefined)?.split(",").map((name) => chosen(name, chaosKinds));
const random = seededRandom(seed);
const actions = only?.map((kind) => chooseAction(random, [kind]));

function say(line: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
}

/** Rendezvous hashing alone spreads 3,000 sources within about 5 %. */
const spreadLimit = 0.15;
const spreadCounts = 1_000;

function isUneven({ spread }: SoakFigures): boolean {
  const even = sources / spread.length;
  return sources >= spreadCounts &&
    spread.some((count) => Math.abs(count - even) > spreadLimit * even);
}

function print(figures: SoakFigures): void {
  const { violations, actions, ...counts } = figures;
  console.log(`\n| figure | value |\n| --- | --- |\n| seed | ${seed} |`);
  console.log(`| actions | ${actions.map(({ kind }) => kind).join(" ")} |`);
  for (const [name, value] of Object.entries(counts)) console.log(`| ${name} | ${value} |`);
  for (const [law, broken] of Map.groupBy(violations, (each) => each.law)) {
    console.log(`\n${law}: ${broken.length} violations`);
    for (const { at, detail } of broken.slice(0, 20)) console.log(`  ${Math.round(at)} ${detail}`);
  }
}

say(
  `${sources} sources, store ${store}, ${minutes} minutes, seed ${seed}, lease ${values.lease} s, margin ${values.margin} s`,
);
const figures = await soak({
  ...{ sources, store, say, isLong: minutes >= 10 && !only },
  leaseMs: inMs(values.lease),
  marginMs: inMs(values.margin),
  intervalMs: inMs(values.interval ?? Math.max(5, Math.ceil(sources / 60))),
  stepsClocks: (only ?? chaosKinds).includes("clock"),
  pollsPerSecond: Math.min(5 * sources, Number(values.polls)),
}, { seed, minutes, quietMs: 20_000, ...actions && { actions } });
print(figures);
if (isUneven(figures)) say("the sources are spread unevenly");
say(`${figures.violations.length} violations`);
Deno.exit(figures.violations.length > 0 || isUneven(figures) ? 1 : 0);
