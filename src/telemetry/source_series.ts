import { setImmediate } from "node:timers/promises";
import { externalSourceKind } from "../core/api_names.ts";
import { type SourceKey, splitSourceKey } from "../core/source_key.ts";
import type { MetricFamily } from "./metric_family.ts";

const durationBuckets = [.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10];
/** `prometheus.ExponentialBucketsRange(10e-3, 1800, 10)` of fluxcd/pkg/runtime/metrics. */
const gotkBuckets = Array.from({ length: 10 }, (_, at) => .01 * 180_000 ** (at / 9));

/** Where a histogram stands in the numbers of a source: its sum, then one count a bucket, the last of them `+Inf`. */
interface Place {
  readonly start: number;
  readonly buckets: readonly number[];
}
const succeeded: Place = { start: 0, buckets: durationBuckets };
const failed: Place = { start: endOf(succeeded), buckets: durationBuckets };
const gotk: Place = { start: endOf(failed), buckets: gotkBuckets };
/** Where it stands when the upstream answered last, in seconds since the epoch; 0: not since this process began. */
const answeredAt = endOf(gotk);

function endOf({ start, buckets }: Place): number {
  return start + buckets.length + 2;
}

interface SourceNumbers {
  readonly sourceType: string;
  active: number;
  readonly numbers: number[];
}

/** How a reconcile of a source ended. */
export interface SourceOutcome {
  readonly success: boolean;
  readonly seconds: number;
  /** When the upstream gave what was asked for, or said that it is unchanged, in milliseconds since the epoch. */
  readonly answeredAt: number | undefined;
}

/** Characters after which a rendering gives way to the event loop: well under 10 ms of work. */
const pieceSize = 65_536;

/**
 * The series that exist once for each source. prom-client keeps an object for every bucket of every label set, of which
 * 10,000 sources would have over 400,000; here a source is one array of numbers, and text only while it is read.
 */
export class SourceSeries {
  readonly #sources = new Map<SourceKey, SourceNumbers>();

  /** A reconcile begins; makes the series of the source if there are none. */
  begin(key: SourceKey, sourceType: string): void {
    let source = this.#sources.get(key);
    if (source?.sourceType !== sourceType) {
      source = {
        sourceType,
        active: source?.active ?? 0,
        numbers: noNumbers(),
      };
      this.#sources.set(key, source);
    }
    source.active++;
  }

  /** A reconcile ends; nothing happens if its source was forgotten meanwhile. */
  end(key: SourceKey, outcome: SourceOutcome): void {
    const source = this.#sources.get(key);
    if (!source) return;
    if (outcome.answeredAt !== undefined) source.numbers[answeredAt] = outcome.answeredAt / 1_000;
    source.active = Math.max(0, source.active - 1);
    observe(source.numbers, outcome.success ? succeeded : failed, outcome.seconds);
    observe(source.numbers, gotk, outcome.seconds);
  }

  /** Removes every series of a source. */
  forget(key: SourceKey): void {
    this.#sources.delete(key);
  }

  /** The families in Prometheus' text format, in pieces with a turn of the event loop between them. */
  async *render(): AsyncGenerator<string> {
    for (const family of families) {
      let piece = `# HELP ${family.name} ${family.help}\n# TYPE ${family.name} ${family.type}\n`;
      for (const [key, source] of this.#sources) {
        piece += family.lines(key, source);
        if (piece.length < pieceSize) continue;
        yield piece;
        piece = "";
        await setImmediate();
      }
      yield piece;
    }
  }
}

/** Plain, because a typed array with its buffer is 0.9 KB of heap; of fractions first, or V8 would make it anew with the first one. */
function noNumbers(): number[] {
  const numbers = Array<number>(answeredAt + 1).fill(.5);
  return numbers.fill(0);
}

function observe(numbers: number[], { start, buckets }: Place, seconds: number): void {
  const bucket = buckets.findIndex((bound) => seconds <= bound);
  numbers[start]! += seconds;
  numbers[start + 1 + (bucket < 0 ? buckets.length : bucket)]! += 1;
}

interface Family extends MetricFamily {
  lines(key: SourceKey, source: SourceNumbers): string;
}

const families: readonly Family[] = [
  {
    name: "externalsource_reconciliation_total",
    help: "Reconciles of an ExternalSource.",
    type: "counter",
    labels: ["namespace", "name", "source_type", "success"],
    lines(key, source) {
      return outcomes(source).map(({ place, success }) =>
        `${this.name}{${labelsOf(key, source, success)}} ${countOf(source.numbers, place)}\n`
      ).join("");
    },
  },
  {
    name: "externalsource_reconciliation_duration_seconds",
    help: "How long reconciles of an ExternalSource took.",
    type: "histogram",
    labels: ["namespace", "name", "source_type", "success"],
    lines(key, source) {
      return outcomes(source).map(({ place, success }) =>
        histogramLines(this.name, { labels: labelsOf(key, source, success), source, place })
      ).join("");
    },
  },
  {
    name: "gotk_reconcile_duration_seconds",
    help: "The duration in seconds of a GitOps Toolkit resource reconciliation.",
    type: "histogram",
    labels: ["kind", "name", "namespace"],
    lines(key, source) {
      const { namespace, name } = splitSourceKey(key);
      const labels = `kind="${externalSourceKind}",name="${escape(name)}",namespace="${
        escape(namespace)
      }"`;
      return countOf(source.numbers, gotk) === 0
        ? ""
        : histogramLines(this.name, { labels, source, place: gotk });
    },
  },
  {
    name: "externalsource_active_reconciliations",
    help: "Reconciles of an ExternalSource that are going on.",
    type: "gauge",
    labels: ["namespace", "name"],
    lines(key, source) {
      const { namespace, name } = splitSourceKey(key);
      return `${this.name}{namespace="${escape(namespace)}",name="${
        escape(name)
      }"} ${source.active}\n`;
    },
  },
  {
    name: "externalsource_last_success_timestamp_seconds",
    help:
      "When the upstream of an ExternalSource was last asked with success by this replica; after a move to another replica the latest counts.",
    type: "gauge",
    labels: ["namespace", "name"],
    lines(key, { numbers }) {
      const { namespace, name } = splitSourceKey(key);
      const at = numbers[answeredAt]!;
      return at === 0
        ? ""
        : `${this.name}{namespace="${escape(namespace)}",name="${escape(name)}"} ${at}\n`;
    },
  },
];

/** The families that exist once for each source. */
export const sourceFamilies: readonly MetricFamily[] = families;

/** The outcomes that a source has had; like a Go vector, one that never was has no series. */
function outcomes({ numbers }: SourceNumbers) {
  return [{ place: succeeded, success: true }, { place: failed, success: false }]
    .filter(({ place }) => countOf(numbers, place) > 0);
}

function countOf(numbers: number[], place: Place): number {
  let count = 0;
  for (let at = place.start + 1; at < endOf(place); at++) count += numbers[at]!;
  return count;
}

function labelsOf(key: SourceKey, source: SourceNumbers, success: boolean): string {
  const { namespace, name } = splitSourceKey(key);
  return `namespace="${escape(namespace)}",name="${escape(name)}",source_type="${
    escape(source.sourceType)
  }",success="${success}"`;
}

interface Histogram {
  readonly labels: string;
  readonly source: SourceNumbers;
  readonly place: Place;
}

function histogramLines(name: string, { labels, source, place }: Histogram): string {
  let text = "";
  let count = 0;
  place.buckets.forEach((bound, at) => {
    count += source.numbers[place.start + 1 + at]!;
    text += `${name}_bucket{${labels},le="${bound}"} ${count}\n`;
  });
  count += source.numbers[endOf(place) - 1]!;
  return `${text}${name}_bucket{${labels},le="+Inf"} ${count}\n` +
    `${name}_sum{${labels}} ${source.numbers[place.start]!}\n${name}_count{${labels}} ${count}\n`;
}

function escape(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => character === "\n" ? "\\n" : `\\${character}`);
}
