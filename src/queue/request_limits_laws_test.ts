import { strict as assert } from "node:assert";
import { ManualClock } from "../../tests/manual_clock.ts";
import { seededRandom } from "../../tests/seeded_random.ts";
import { settle } from "../../tests/settle.ts";
import {
  type ReleaseRequest,
  RequestLimits,
  type RequestOutcome,
  type RequestTarget,
} from "./request_limits.ts";

interface Request extends RequestTarget {
  readonly id: number;
}

const total = 8;

/** Who holds and who waits, in plain lists; tells for each grant whether the laws allowed it. */
class Model {
  readonly #windows = new Map<string, number>();
  waiting: Request[] = [];
  holding: Request[] = [];

  grant(request: Request): void {
    assert.ok(this.#mayGo(request), `${request.id} goes beyond a bound`);
    const before = this.waiting.filter(({ id }) => id < request.id);
    const overtaken = before.find((other) =>
      other.urgent === request.urgent && other.host === request.host &&
      other.namespace === request.namespace
    );
    assert.equal(overtaken, undefined, `${request.id} overtakes one of its own lane`);
    const moreUrgent = this.waiting.find((other) => other.urgent && this.#mayGo(other));
    assert.ok(request.urgent || !moreUrgent, `${request.id} goes before an urgent one`);
    this.waiting = this.waiting.filter((other) => other !== request);
    this.holding.push(request);
  }

  release(request: Request, outcome: RequestOutcome): void {
    this.holding = this.holding.filter((other) => other !== request);
    const window = this.#windows.get(request.host) ?? 1;
    const next = { success: Math.min(8, window * 2), failure: window, timeout: 1 }[outcome];
    this.#windows.set(request.host, next);
  }

  checkNobodyWaitsInVain(): void {
    assert.equal(this.waiting.find((request) => this.#mayGo(request)), undefined);
  }

  #mayGo({ namespace, host }: Request): boolean {
    const count = (fits: (request: Request) => boolean) => this.holding.filter(fits).length;
    return this.holding.length < total &&
      count((other) => other.namespace === namespace) < total / 4 &&
      count((other) => other.host === host) < (this.#windows.get(host) ?? 1);
  }
}

function play(seed: number) {
  const random = seededRandom(seed);
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)];
  const limits = new RequestLimits({ total, clock: new ManualClock(0) });
  const model = new Model();
  const releases = new Map<Request, ReleaseRequest>();
  const aborts = new Map<Request, AbortController>();
  let id = 0;
  const ask = () => {
    const request: Request = {
      id: id++,
      namespace: pick(["a", "b", "c", "d", "e", "f"])!,
      host: pick(["r", "s", "t", "u"])!,
      urgent: random() < 0.2,
    };
    const abort = new AbortController();
    aborts.set(request, abort);
    model.waiting.push(request);
    limits.acquire(request, abort.signal).then(
      (release) => {
        model.grant(request);
        releases.set(request, release);
      },
      (error) => assert.equal(error, abort.signal.reason),
    );
  };
  const release = () => {
    const request = pick(model.holding);
    const outcome = pick<RequestOutcome>(["success", "success", "failure", "timeout"])!;
    if (!request) return;
    model.release(request, outcome);
    releases.get(request)!(outcome);
  };
  const abort = () => {
    const request = pick(model.waiting);
    if (!request) return;
    model.waiting = model.waiting.filter((other) => other !== request);
    aborts.get(request)!.abort();
  };
  return { random, pick, limits, model, ask, release, abort };
}

Deno.test("RequestLimits keeps every bound and order, and leaves no slot unused", async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const { pick, limits, model, ask, release, abort } = play(seed);
    for (let step = 0; step < 200; step++) {
      pick([ask, ask, ask, release, release, abort])!();
      await settle();
      model.checkNobodyWaitsInVain();
      assert.deepEqual(
        [limits.inFlight, limits.waiting],
        [model.holding.length, model.waiting.length],
        `seed ${seed}, step ${step}`,
      );
    }
    while (model.holding.length > 0) {
      release();
      await settle();
    }
    assert.deepEqual([limits.inFlight, limits.waiting], [0, 0]);
  }
});
