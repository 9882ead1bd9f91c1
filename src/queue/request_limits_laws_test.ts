import { strict as assert } from "node:assert";
import { priorities, type Priority } from "../core/priority.ts";
import { ManualClock } from "../../tests/manual_clock.ts";
import { seededRandom } from "../../tests/seeded_random.ts";
import { settle } from "../../tests/settle.ts";
import { type ReleaseRequest, RequestLimits, type RequestOutcome } from "./request_limits.ts";
import type { RequestTarget } from "./request_target.ts";

interface Request extends RequestTarget {
  readonly id: number;
}

const total = 8;

/** Who holds and who waits, in plain lists; tells for each grant whether the laws allowed it. */
class Model {
  readonly #windows = new Map<string, number>();
  readonly #passed = new Map<string, number>();
  /** Those that nobody competed with when they came. */
  readonly #atOnce = new Set<Request>();
  waiting: Request[] = [];
  holding: Request[] = [];

  ask(request: Request): void {
    if (this.#mayGo(request)) this.#atOnce.add(request);
    this.waiting.push(request);
  }

  grant(request: Request): void {
    assert.ok(this.#mayGo(request), `${request.id} goes beyond a bound`);
    const before = this.waiting.filter(({ id }) => id < request.id);
    const overtaken = before.find((other) =>
      other.priority === request.priority && other.host === request.host &&
      other.namespace === request.namespace
    );
    assert.equal(overtaken, undefined, `${request.id} overtakes one of its own lane`);
    if (!this.#atOnce.delete(request)) this.#checkTurn(request);
    this.waiting = this.waiting.filter((other) => other !== request);
    this.holding.push(request);
  }

  /** A less urgent one goes first only if seven others went where it could have gone. */
  #checkTurn(request: Request): void {
    const { priority } = request;
    const could = this.waiting.filter((other) => this.#mayGo(other));
    const moreUrgent = could.find((other) =>
      priorities.indexOf(other.priority) < priorities.indexOf(priority)
    );
    const scopes = [`host ${request.host}`, `namespace ${request.namespace}`, "all"];
    const most = Math.max(...scopes.map((scope) => this.#passed.get(`${scope} ${priority}`) ?? 0));
    assert.ok(!moreUrgent || most >= 7, `${request.id} goes before a more urgent one`);
    const others = [
      could.filter(({ host }) => host === request.host),
      could.filter(({ namespace }) => namespace === request.namespace),
      could,
    ];
    for (const [index, scope] of scopes.entries()) {
      this.#passed.set(`${scope} ${priority}`, 0);
      for (const each of new Set(others[index]!.map((other) => other.priority))) {
        if (each === priority) continue;
        const key = `${scope} ${each}`;
        this.#passed.set(key, (this.#passed.get(key) ?? 0) + 1);
      }
    }
  }

  /** A namespace that asks for nothing is not remembered. */
  forgetIdle(): void {
    const asking = new Set(this.holding.map(({ namespace }) => namespace));
    for (const key of this.#passed.keys()) {
      const [scope, name] = key.split(" ");
      if (scope === "namespace" && !asking.has(name!)) this.#passed.delete(key);
    }
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
      priority: pick(priorities)!,
    };
    const abort = new AbortController();
    aborts.set(request, abort);
    model.ask(request);
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
      model.forgetIdle();
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

const none = new AbortController().signal;

/** Keeps somebody of each more urgent kind waiting in front of `last`, and says how many went before it. */
async function overtakenBy(
  limits: RequestLimits,
  targetOf: (kind: Priority, index: number) => Omit<RequestTarget, "priority">,
): Promise<number> {
  const held: ReleaseRequest[] = [];
  let index = 0;
  const ask = (priority: Priority) =>
    void limits.acquire({ ...targetOf(priority, index++), priority }, none)
      .then((release) => void held.push(release));
  ask("due");
  await settle();
  let granted: number | undefined;
  const last = limits.acquire({ ...targetOf("retried", index++), priority: "retried" }, none);
  void last.then((release) => {
    granted = turns;
    held.push(release);
  });
  let turns = 0;
  while (granted === undefined && turns < 100) {
    for (const priority of ["triggered", "due", "triggered", "due"] as const) ask(priority);
    turns++;
    held.shift()!("failure");
    await settle();
  }
  return granted ?? Infinity;
}

const where = [
  { name: "a host", total: 64, targetOf: () => ({ namespace: "ns", host: "host" }) },
  {
    name: "a namespace",
    total: 4,
    targetOf: (_: Priority, index: number) => ({ namespace: "ns", host: `host-${index}` }),
  },
  {
    name: "all requests",
    total: 1,
    targetOf: (_: Priority, index: number) => ({ namespace: `ns-${index}`, host: `host-${index}` }),
  },
];
for (const { name, total, targetOf } of where) {
  Deno.test(`RequestLimits lets no retried request starve where ${name} is the bound`, async () => {
    const limits = new RequestLimits({ total, clock: new ManualClock(0) });
    const overtaken = await overtakenBy(limits, targetOf);
    assert.ok(overtaken >= 7 && overtaken <= 10, `${overtaken} went before it`);
  });
}
