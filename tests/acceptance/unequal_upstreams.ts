import { startHttp, type Upstream } from "../upstream.ts";
import { Tarpits } from "./tarpits.ts";

/** When a host asked to be left alone, in milliseconds since the epoch. */
export interface AskedHold {
  readonly from: number;
  readonly until: number;
}

/** How many sources there are of each kind. */
export interface UnequalCounts {
  readonly good: number;
  readonly tarpit: number;
  /** Of each of the two hosts that limit their rate. */
  readonly limited: number;
}

/** Sources of one host. */
export interface HostSources {
  readonly names: readonly string[];
  readonly origin: string;
}

const goodHosts = 4;
/** What the host with `Retry-After` takes before it refuses, and for how many seconds it then does. */
const [takenAtOnce, retryAfter] = [20, 3];
/** Requests a second that the host takes which just refuses. */
const takenPerSecond = 5;

const nameAll = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

/** When something was asked for; milliseconds since the epoch. */
class RequestTimes {
  readonly byName = new Map<string, number[]>();
  readonly all: number[] = [];

  note(url: string): void {
    const [name, now] = [url.slice(1), Date.now()];
    const times = this.byName.get(name) ?? [];
    this.byName.set(name, times);
    times.push(now);
    this.all.push(now);
  }
}

/**
 * Upstreams that answer at once; one that never does; one that asks to be left alone with `Retry-After`; and one that refuses
 * what is too much without saying more. They note when they were asked.
 */
export class UnequalUpstreams implements AsyncDisposable {
  readonly good: readonly HostSources[];
  readonly others: readonly HostSources[];
  readonly held = new RequestTimes();
  readonly holds: AskedHold[] = [];
  readonly refusing = new RequestTimes();
  /** When the refusing host refused. */
  readonly refusals: number[] = [];
  readonly #times = new RequestTimes();
  readonly #stack: AsyncDisposableStack;

  private constructor(
    stack: AsyncDisposableStack,
    parts: (upstreams: UnequalUpstreams) => Pick<UnequalUpstreams, "good" | "others">,
  ) {
    this.#stack = stack;
    ({ good: this.good, others: this.others } = parts(this));
  }

  static async start(counts: UnequalCounts): Promise<UnequalUpstreams> {
    const stack = new AsyncDisposableStack();
    let upstreams: UnequalUpstreams | undefined;
    const serve = async (answer: (each: UnequalUpstreams) => Answer) =>
      stack.use(
        await startHttp(({ url, headers }, response) => {
          const { status, ...more } = answer(upstreams!)(url!, headers["if-none-match"]);
          response.writeHead(status, { ...more }).end(status === 200 ? `{"of":"${url}"}` : "");
        }),
      );
    const good = await Promise.all(
      nameAll("good", goodHosts).map(() => serve((each) => (...asked) => each.#answer(...asked))),
    );
    const held = await serve((each) => (...asked) => each.#hold(...asked));
    const refusing = await serve((each) => (...asked) => each.#refuse(...asked));
    const tarpits = stack.use(await Tarpits.start(1));
    const namesOf = (prefix: string, count: number, { origin }: Pick<Upstream, "origin">) => (
      { names: nameAll(prefix, count), origin }
    );
    return upstreams = new UnequalUpstreams(stack, () => ({
      good: good.map((each, host) => namesOf(`good-${host}`, counts.good / goodHosts, each)),
      others: [
        namesOf("tarpit", counts.tarpit, { origin: tarpits.origins[0]! }),
        namesOf("held", counts.limited, held),
        namesOf("refused", counts.limited, refusing),
      ],
    }));
  }

  /** How often the least asked good source was asked for. */
  get fewestAsked(): number {
    return Math.min(...this.#goodTimes().map((times) => times.length));
  }

  /**
   * Milliseconds between two requests for the same good source since a moment; the last one, which still lasts, only if it is
   * longer than an interval.
   */
  gapsSince(from: number, intervalMs: number): readonly number[] {
    const now = Date.now();
    return this.#goodTimes().flatMap((times) => {
      const begin = Math.max(0, times.findLastIndex((at) => at <= from));
      const seen = times.slice(begin);
      const gaps = seen.slice(1).map((at, index) => at - seen[index]!);
      const last = now - (seen.at(-1) ?? from);
      return last > intervalMs ? [...gaps, last] : gaps;
    });
  }

  /** Of each hold that is over: when it was asked nevertheless, as a part of the hold; what was on its way comes early. */
  get askedInHolds(): readonly (readonly number[])[] {
    return this.holds.filter(({ until }) => until < Date.now()).map(({ from, until }) =>
      this.held.all.filter((at) => at > from && at < until).map((at) =>
        (at - from) / (until - from)
      )
    );
  }

  #goodTimes(): readonly (readonly number[])[] {
    return this.good.flatMap(({ names }) => names)
      .map((name) => this.#times.byName.get(name) ?? []);
  }

  #answer(url: string, validator: string | undefined): AnswerHead {
    this.#times.note(url);
    return answerOf(validator);
  }

  #taken = 0;

  #hold(url: string, validator: string | undefined): AnswerHead {
    this.held.note(url);
    const now = Date.now();
    const last = this.holds.at(-1);
    if (last && now < last.until) return { status: 429, "retry-after": retryAfter };
    if (++this.#taken < takenAtOnce) return answerOf(validator);
    this.#taken = 0;
    this.holds.push({ from: now, until: now + retryAfter * 1_000 });
    return { status: 429, "retry-after": retryAfter };
  }

  #tokens = { left: takenPerSecond, at: Date.now() };

  #refuse(url: string, validator: string | undefined): AnswerHead {
    this.refusing.note(url);
    const now = Date.now();
    const earned = (now - this.#tokens.at) / 1_000 * takenPerSecond;
    const left = Math.min(takenPerSecond, this.#tokens.left + earned);
    this.#tokens = { left: left >= 1 ? left - 1 : left, at: now };
    if (left >= 1) return answerOf(validator);
    this.refusals.push(now);
    return { status: 429 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

type Answer = (url: string, validator: string | undefined) => AnswerHead;

interface AnswerHead {
  readonly status: number;
  readonly [header: string]: string | number;
}

function answerOf(validator: string | undefined): AnswerHead {
  const etag = '"1"';
  return { status: validator === etag ? 304 : 200, etag };
}
