import assert from "node:assert/strict";
import { sourceKey } from "../core/source_key.ts";
import { createHookStage } from "../hooks/hook_stage.ts";
import { forwardedObjects } from "../objects/forwarded_objects.ts";
import type { ObjectChange } from "../objects/objects.ts";
import { packDocument } from "../pack/pack_document.ts";
import { noCopies } from "../reconcile/artifact_copies.ts";
import { artifactUrl } from "../publish/artifact_url.ts";
import type { Member } from "../shard/member.ts";
import { emptyRing, ringOf } from "../shard/ring.ts";
import { MemoryStore } from "../store/memory_store.ts";
import { ManualClock } from "../../tests/manual_clock.ts";
import { MemoryObjects } from "../../tests/memory_objects.ts";
import { name, specWith } from "../../tests/reconcile_world.ts";
import { seededRandom } from "../../tests/seeded_random.ts";
import { ScriptedHookRunner } from "../../tests/scripted_hook_runner.ts";
import { artifactOf } from "../../tests/source_fixtures.ts";
import { ScriptedUpstream } from "../../tests/scripted_upstream.ts";
import { Operator } from "./operator.ts";
import type { OperatorParts } from "./operator_parts.ts";

const key = sourceKey(name);
const minute = 60_000;
const settings: Omit<OperatorParts["settings"], "spoolDirectory"> = {
  minInterval: minute,
  startupSpread: 10 * minute,
  concurrent: 4,
  maxRequests: 16,
  maxSourceSize: 2 ** 20,
  hookTimeout: minute,
  retryMaxAttempts: 3,
  retryBaseDelay: 1_000,
  retryMaxDelay: minute,
  retryJitterFactor: 0,
  artifactRetentionTtl: minute,
  artifactRetentionRecords: 2,
  watchNamespace: "",
  scrubRate: 0,
  scrubInterval: 60 * minute,
};

function stagesOf(store: MemoryStore, upstream: ScriptedUpstream): OperatorParts["stages"] {
  const runner = new ScriptedHookRunner();
  return {
    generators: { http: upstream },
    hooks: createHookStage({ runner, whitelist: runner.whitelist, missing: () => "" }),
    pack: packDocument,
    store,
    held: () => undefined,
    copies: { ...noCopies, recover: () => Promise.resolve(true) },
    urlOf: (path) => artifactUrl("http://artifacts", path),
  };
}

const other: Member = {
  ...{ name: "b", identity: "b_1", scope: { namespace: "", labelSelector: "" }, isShared: true },
  ...{ address: undefined, view: ["b"], acquiredAt: 0 },
};
const ring = ringOf({ ...emptyRing("a"), live: [other] });

/** One replica, whose one source a test gives to others and back. */
class OperatorWorld {
  readonly objects = new MemoryObjects();
  readonly upstream = new ScriptedUpstream();
  isOwner = true;
  #term = 1;
  #onChange: (change: ObjectChange) => void = () => {};
  readonly #clock = new ManualClock();
  readonly #operator: Operator;

  constructor(spoolDirectory: string) {
    const store = new MemoryStore(2 ** 20, this.#clock);
    const { objects } = this;
    this.#operator = new Operator({
      objects: {
        ...forwardedObjects(objects),
        watch: (onChange, signal) => {
          this.#onChange = onChange;
          return objects.watch(onChange, signal);
        },
      },
      stages: stagesOf(store, this.upstream),
      role: {
        isStoreShared: true,
        isStoreDurable: true,
        members: {
          name: "a",
          owns: () => this.isOwner,
          mayWrite: () => true,
          hold: () => {
            const term = this.#term;
            return () => this.isOwner && term === this.#term;
          },
          msSinceOwnerEnded: () => undefined,
        },
      },
      bareStore: store,
      storeOwner: undefined,
      settings: { ...settings, spoolDirectory },
      clock: this.#clock,
      steadyClock: this.#clock,
      random: seededRandom(1),
      recordEvent: (event) => void objects.recordEvent(event),
      queueObserver: {},
      observe: (_, reconcile) => reconcile(),
      onProblem: (action, error) => assert.fail(`${action}: ${error}`),
      onRepair: () => {},
      onForgotten: () => {},
    });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#operator.run(signal);
  }

  /** Until `watchAgain()` no change is told. */
  endWatch(): void {
    this.objects.sources.close();
    this.objects.artifacts.close();
  }

  watchAgain(): void {
    this.objects.sources.open(this.#onChange);
    this.objects.artifacts.open(this.#onChange);
  }

  /** The members have changed. */
  own(isOwner: boolean): void {
    this.isOwner = isOwner;
    this.#operator.takeOver({ before: ring, after: ring });
  }

  /** The Lease had run out, but nobody noticed before it was taken back. */
  renewLate(): void {
    this.#term++;
    this.own(true);
  }

  /** Lets what is due happen. */
  async until(holds: () => boolean): Promise<void> {
    // Less than a minute of its time: then work that broke off is begun again, whatever broke it.
    for (let turn = 0; !holds(); turn++) {
      assert.ok(turn < 2_500, "it never happens");
      await this.turn();
    }
  }

  async turn(): Promise<void> {
    await this.#clock.advance(20);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }

  get now(): number {
    return this.#clock.now();
  }

  get published(): string | undefined {
    return this.objects.artifacts.live(key)?.status.artifact?.revision;
  }
}

async function withOperator(story: (world: OperatorWorld) => Promise<void>): Promise<void> {
  const spool = await Deno.makeTempDir();
  const world = new OperatorWorld(spool);
  world.objects.createSource({ ...name, spec: specWith({}) });
  const end = new AbortController();
  const running = world.run(end.signal);
  try {
    await story(world);
  } finally {
    end.abort();
    await running;
    await Deno.remove(spool, { recursive: true });
  }
}

Deno.test("Operator.takeOver() ends work on a source of another replica, which is not gone on with should it come back", async () => {
  await withOperator(async (world) => {
    const { objects, upstream } = world;
    await world.until(() => world.published !== undefined);
    const first = world.published;

    const slow = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<AbortSignal>();
    upstream.onFetch = ({ signal }) => {
      asked.resolve(signal);
      return slow.promise;
    };
    upstream.document = "begun before another replica had it";
    upstream.etag = '"2"';
    await world.until(() => {
      objects.editSource(name, ({ metadata, ...rest }) => ({
        ...rest,
        metadata: { ...metadata, annotations: { "reconcile.fluxcd.io/requestedAt": "now" } },
      }));
      return upstream.requests.length === 2;
    });
    world.own(false);
    assert.equal((await asked.promise).aborted, true);

    const { status } = objects.artifacts.live(key)!;
    const artifact = { ...status.artifact!, revision: "of the other" };
    await objects.writeArtifactStatus(objects.artifacts.live(key)!, { ...status, artifact });
    world.own(true);
    upstream.failure = new Error("from here on nothing new can be published");
    slow.resolve();
    await world.until(() => upstream.requests.length === 3);
    await world.turn();
    assert.ok([first, artifact.revision].includes(world.published), `${world.published}`);
  });
});

Deno.test("Operator.takeOver() begins anew with what was begun under a Lease that ran out", async () => {
  await withOperator(async (world) => {
    const { upstream } = world;
    const signals: AbortSignal[] = [];
    upstream.onFetch = ({ signal }) => {
      signals.push(signal);
      if (signals.length > 1) return;
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
    };
    await world.until(() => signals.length === 1);
    world.renewLate();
    assert.equal(signals[0]!.aborted, true);
    await world.until(() => world.published !== undefined);
    assert.equal(signals.length, 2);
  });
});

Deno.test("Operator spreads first fetches once sources are its own, however late its Lease came", async () => {
  const spool = await Deno.makeTempDir();
  const world = new OperatorWorld(spool);
  for (let index = 0; index < 300; index++) {
    world.objects.createSource({ ...name, name: `source-${index}`, spec: specWith({}) });
  }
  world.isOwner = false;
  const end = new AbortController();
  const running = world.run(end.signal);
  try {
    await world.turn();
    await world.turn();
    world.own(true);
    const begun = world.now;
    await world.until(() => world.upstream.requests.length === 300);
    const passed = world.now - begun;
    assert.ok(passed > 2_500 && passed < 4_000, `300 in ${passed} ms: it should be 100 a second`);
  } finally {
    end.abort();
    await running;
    await Deno.remove(spool, { recursive: true });
  }
});

Deno.test("Operator.takeOver() undoes nothing that another replica published while our watch was away", async () => {
  await withOperator(async (world) => {
    const { objects } = world;
    await world.until(() => objects.sources.live(key)?.status.artifact !== undefined);
    world.endWatch();
    world.own(false);
    const artifact = { ...artifactOf("3"), lastUpdateTime: "2026-06-01T00:00:00Z" };
    const published = objects.artifacts.live(key)!;
    await objects.writeArtifactStatus(published, { ...published.status, artifact });
    const source = objects.sources.live(key)!;
    await objects.writeSourceStatus(source, { ...source.status, artifact, owner: "b" });
    world.own(true);
    for (let turn = 0; turn < 5; turn++) await world.turn();
    world.watchAgain();
    for (let turn = 0; turn < 10; turn++) await world.turn();
    assert.equal(world.published, artifact.revision);
  });
});

Deno.test("Operator.takeOver() answers what was asked while another replica had the source", async () => {
  await withOperator(async (world) => {
    const { objects, upstream } = world;
    await world.until(() => objects.sources.live(key)?.status.artifact !== undefined);
    world.own(false);
    await world.turn();
    objects.editSource(name, ({ metadata, ...rest }) => ({
      ...rest,
      metadata: { ...metadata, annotations: { "reconcile.fluxcd.io/requestedAt": "now" } },
    }));
    await world.turn();
    world.own(true);
    for (let turn = 0; turn < 50; turn++) await world.turn();
    assert.equal(upstream.requests.length, 2);
  });
});
