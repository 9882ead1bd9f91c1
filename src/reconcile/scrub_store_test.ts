import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { MemoryObjects } from "../../tests/memory_objects.ts";
import { artifactOf } from "../../tests/source_fixtures.ts";
import type { ObjectEvent } from "../core/object_event.ts";
import { storageError } from "../store/storage_error.ts";
import type { Repair } from "./repair_artifact.ts";
import { type ScrubContext, scrubStore } from "./scrub_store.ts";

const mebibyte = 2 ** 20;
const hour = 3_600_000;
const at = (name: string) => ({ namespace: "team", name });
const keyOf = (name: string) => artifactOf("a", at(name)).path;
const nameOf = (key: string) => key.split("/")[2]!;

type State = "whole" | "corrupt" | "missing" | "short" | "unpublished" | "foreign" | "go";

/** Sources that publish an artifact of 1 MiB each, and a store that has them so. */
class World {
  readonly clock = new ManualClock();
  readonly objects = new MemoryObjects();
  readonly abort = new AbortController();
  /** `stat team`, `verify team`, `delete team`, … in order. */
  readonly calls: string[] = [];
  readonly lost: string[] = [];
  readonly repairs: Repair[] = [];
  readonly events: ObjectEvent[] = [];
  readonly problems: string[] = [];
  readonly store = new Map<string, State>();
  /** Names whose bytes somebody else has. */
  readonly elsewhere = new Set<string>();
  /** Told before each call of the store; throwing is how it fails. */
  onCall: (call: string) => void = () => {};
  context: ScrubContext;
  #done: Promise<void> = Promise.resolve();

  constructor(states: Readonly<Record<string, State>>) {
    void this.objects.watch(() => {}, this.abort.signal);
    for (const [name, state] of Object.entries(states)) this.#create(name, state);
    this.context = {
      objects: this.objects,
      clock: this.clock,
      signal: this.abort.signal,
      random: () => 0,
      settings: { scrubRate: mebibyte, scrubInterval: 24 * hour },
      owns: ({ metadata: { name } }) => states[name] !== "foreign",
      holdsCopies: false,
      isAwaited: () => false,
      backoff: (failures) => failures * 1_000,
      store: this.#store(),
      recover: async ({ path }) => this.elsewhere.has(nameOf(path)) && this.#put(nameOf(path)),
      onLost: (key, { state }) => void this.lost.push(`${key} ${state}`),
      onRepair: (repair) => void this.repairs.push(repair),
      recordEvent: (event) => void this.events.push(event),
      onProblem: (action, error) => void this.problems.push(`${action}: ${error}`),
    };
  }

  /** Scrubs until everything waits for the clock. */
  async start(change: Partial<ScrubContext> = {}): Promise<void> {
    this.#done = scrubStore({ ...this.context, ...change });
    await this.clock.advance(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.abort.abort();
    await this.#done;
    assert.equal(this.clock.pending, 0);
  }

  #create(name: string, state: State): void {
    this.store.set(name, state);
    this.objects.createSource({ ...at(name), spec: {} });
    if (state === "unpublished") return;
    const artifact = { ...artifactOf("a", at(name)), size: mebibyte };
    // The Go implementation's status has neither key nor digest.
    const { path: _, digest: __, ...ofGo } = artifact;
    const status = { artifact: state === "go" ? ofGo as typeof artifact : artifact };
    this.objects.editSource(at(name), (source) => ({ ...source, status }));
  }

  #put(name: string): boolean {
    this.store.set(name, "whole");
    return true;
  }

  #store(): ScrubContext["store"] {
    const called = (call: string, key: string) => {
      this.calls.push(`${call} ${nameOf(key)}`);
      this.onCall(this.calls.at(-1)!);
      return this.store.get(nameOf(key))!;
    };
    return {
      stat: async (key) => {
        const state = called("stat", key);
        const size = state === "short" ? 7 : mebibyte;
        return state === "missing" ? undefined : { key, size, lastPut: 1_000 };
      },
      verify: async (key) => !["corrupt", "missing"].includes(called("verify", key)),
      delete: async (key, condition) => {
        called("delete", key);
        assert.deepEqual(condition, { putBefore: 2_000 });
        this.store.set(nameOf(key), "missing");
        return true;
      },
    };
  }
}

const looks = (calls: readonly string[], name: string) =>
  calls.filter((call) => call.endsWith(` ${name}`)).map((call) => call.split(" ")[0]);

Deno.test("scrubStore() mends what is missing or cut off before it reads anything", async () => {
  await using world = new World({ a: "whole", b: "short", c: "missing", d: "unpublished" });
  await world.start();
  const before = world.calls.slice(0, world.calls.findIndex((call) => call.startsWith("verify")));
  assert.deepEqual(before, ["stat a", "stat b", "delete b", "stat c", "stat a"]);
  assert.deepEqual(world.lost, ["team/b corrupt", "team/c missing"]);
});

Deno.test("scrubStore() removes wrong bytes and has the source fetched, and says so", async () => {
  await using world = new World({ a: "whole", b: "corrupt", c: "whole" });
  await world.start();
  await world.clock.advance(5_000);
  assert.deepEqual(looks(world.calls, "b"), ["stat", "stat", "verify", "delete"]);
  assert.deepEqual(looks(world.calls, "c"), ["stat", "stat", "verify"]);
  assert.deepEqual(world.lost, ["team/b corrupt"]);
  const { digest, revision } = artifactOf("a");
  assert.deepEqual(
    world.events.map(({ involvedObject: { kind, name }, type, reason, message }) => [
      ...[kind, name, type, reason, message],
    ]),
    [[
      ...["ExternalSource", "b", "Warning", "ArtifactCorrupted"],
      `the stored artifact ${digest} has other bytes than were published: it is fetched again`,
    ]],
  );
  assert.deepEqual(world.events[0]!.metadata, { revision });
  assert.deepEqual(
    world.repairs.map(({ key, state, recovered }) => [key, state, recovered]),
    [["team/b", "corrupt", false]],
  );
});

Deno.test("scrubStore() fetches nothing that somebody else has", async () => {
  await using world = new World({ a: "corrupt", b: "missing" });
  world.elsewhere.add("a").add("b");
  await world.start();
  await world.clock.advance(5_000);
  assert.deepEqual(world.lost, []);
  assert.deepEqual(world.events.map(({ reason }) => reason), [
    "ArtifactMissing",
    "ArtifactCorrupted",
  ]);
  for (const { message } of world.events) assert.match(message, /: it is back, without a fetch$/);
  assert.deepEqual(world.repairs.map(({ recovered }) => recovered), [true, true]);
});

Deno.test("scrubStore() reads no faster than it may, on average", async () => {
  await using world = new World({ a: "whole", b: "whole", c: "whole" });
  const verified = () => world.calls.filter((call) => call.startsWith("verify")).length;
  await world.start();
  assert.equal(verified(), 1);
  await world.clock.advance(999);
  assert.equal(verified(), 1);
  await world.clock.advance(1);
  assert.equal(verified(), 2);
  await world.clock.advance(1_000);
  assert.equal(verified(), 3);
});

Deno.test("scrubStore() counts the time that reading took as a part of the pause", async () => {
  await using world = new World({ a: "whole", b: "whole" });
  const { verify } = world.context.store;
  const slowly: ScrubContext["store"]["verify"] = async (key, digest) => {
    await new Promise<void>((resolve) => void world.clock.schedule(resolve, 700));
    return await verify(key, digest);
  };
  await world.start({ store: { ...world.context.store, verify: slowly } });
  await world.clock.advance(1_699);
  assert.deepEqual(looks(world.calls, "b"), ["stat", "stat"]);
  await world.clock.advance(1);
  assert.deepEqual(looks(world.calls, "b"), ["stat", "stat", "verify"]);
});

Deno.test("scrubStore() begins again when the interval has passed", async () => {
  await using world = new World({ a: "whole" });
  await world.start();
  await world.clock.advance(1_000 + 24 * hour - 1);
  assert.deepEqual(world.calls, ["stat a", "stat a", "verify a"]);
  world.store.set("a", "missing");
  await world.clock.advance(1);
  assert.deepEqual(world.lost, ["team/a missing"]);
});

Deno.test("scrubStore() with an interval of 0 looks at nothing", async () => {
  await using world = new World({ a: "corrupt" });
  await world.start({ settings: { scrubRate: mebibyte, scrubInterval: 0 } });
  assert.deepEqual(world.calls, []);
});

Deno.test("scrubStore() takes a store that does not answer neither for wrong nor for empty, and waits for it", async () => {
  await using world = new World({ a: "whole", b: "corrupt", c: "whole" });
  let isDown = true;
  world.onCall = () => {
    if (isDown) throw storageError("Cannot read: the store does not answer");
  };
  await world.start();
  await world.clock.advance(10_000);
  assert.equal(world.calls.length, 5); // after 0, 1, 3, 6 and 10 s
  assert.deepEqual([world.lost, world.events, world.problems.length], [[], [], 1]);
  isDown = false;
  await world.clock.advance(60_000);
  assert.deepEqual(world.lost, ["team/b corrupt"]);
  assert.deepEqual(looks(world.calls, "c").at(-1), "verify");
});

Deno.test("scrubStore() removes nothing that could not be read, goes on with the rest and comes back within an hour", async () => {
  await using world = new World({ a: "corrupt", b: "corrupt" });
  let isBroken = true;
  world.onCall = (call) => {
    if (isBroken && call === "verify a") throw storageError("Cannot read: input/output error");
  };
  await world.start();
  await world.clock.advance(100_000);
  assert.deepEqual(world.lost, ["team/b corrupt"]);
  assert.equal(looks(world.calls, "a").filter((call) => call === "verify").length, 10);
  isBroken = false;
  world.store.set("b", "whole");
  await world.clock.advance(hour);
  assert.deepEqual(world.lost, ["team/b corrupt", "team/a corrupt"]);
});

Deno.test("scrubStore() survives a mistake of ours with one artifact", async () => {
  await using world = new World({ a: "whole", b: "missing" });
  world.onCall = (call) => {
    if (call === "stat a") throw new TypeError("a bug");
  };
  await world.start();
  await world.clock.advance(5_000);
  assert.deepEqual(world.lost, ["team/b missing"]);
  assert.match(world.problems[0]!, /TypeError: a bug/);
});

Deno.test("scrubStore() leaves alone what others own, what the Go implementation stored and what was put again", async () => {
  await using world = new World({ a: "foreign", b: "go", c: "corrupt" });
  const { store } = world.context;
  await world.start({ store: { ...store, delete: () => Promise.resolve(false) } });
  await world.clock.advance(5_000);
  assert.deepEqual(looks(world.calls, "a").concat(looks(world.calls, "b")), []);
  assert.deepEqual([world.lost, world.repairs, world.events], [[], [], []]);
});

Deno.test("scrubStore() looks at copies of what others own in a store of its own, and misses none that is gone", async () => {
  await using world = new World({ a: "foreign", b: "foreign" });
  world.onCall = (call) => {
    if (call === "stat b") world.store.set("b", "missing");
    if (call === "verify a") world.store.set("a", "corrupt");
  };
  await world.start({ holdsCopies: true });
  await world.clock.advance(5_000);
  assert.deepEqual(world.calls.filter((call) => call.startsWith("delete")), ["delete a"]);
  assert.deepEqual(world.repairs.map(({ key }) => key), ["team/a"]);
  assert.deepEqual([world.lost, world.events], [["team/a corrupt"], []]);
});

Deno.test("scrubStore() tries again when a lost source could not be handed over, and says so once", async () => {
  await using world = new World({ a: "corrupt" });
  let failures = 2;
  const onLost: ScrubContext["onLost"] = async (key, { state }) => {
    if (failures-- > 0) throw storageError("Cannot delete: the store does not answer");
    world.lost.push(`${key} ${state}`);
  };
  await world.start({ onLost });
  await world.clock.advance(60_000);
  assert.deepEqual(world.lost, ["team/a missing"]);
  assert.deepEqual([world.repairs.length, world.events.length], [1, 1]);
});

Deno.test("scrubStore() says once of an artifact that it is lost, until it was stored again", async () => {
  await using world = new World({ a: "missing" });
  await world.start();
  await world.clock.advance(3 * 24 * hour);
  assert.deepEqual(world.lost, ["team/a missing"]);
  world.store.set("a", "whole");
  await world.clock.advance(24 * hour);
  world.store.set("a", "missing");
  await world.clock.advance(2 * 24 * hour);
  assert.deepEqual(world.lost, ["team/a missing", "team/a missing"]);
});

Deno.test("scrubStore() has no news of what a restart has lost and is being fetched", async () => {
  await using world = new World({ a: "missing", b: "missing" });
  await world.start({ isAwaited: (key) => key === "team/a" });
  assert.deepEqual(world.lost, ["team/b missing"]);
});

Deno.test("scrubStore() does not mourn an artifact that was replaced while it looked", async () => {
  await using world = new World({ a: "missing" });
  world.onCall = () => {
    const artifact = { ...artifactOf("b", at("a")), size: mebibyte };
    world.objects.editSource(at("a"), (source) => ({ ...source, status: { artifact } }));
    world.onCall = () => {};
    world.store.set("a", "missing");
    queueMicrotask(() => world.store.set("a", "whole"));
  };
  await world.start();
  await world.clock.advance(5_000);
  assert.deepEqual(world.lost, []);
  assert.equal(keyOf("a") === world.repairs[0]?.artifact.path, false);
});

Deno.test("scrubStore() begins anywhere, so that restarts leave nothing out", async () => {
  await using world = new World({ a: "whole", b: "whole", c: "whole" });
  await world.start({ random: () => 0.5 });
  assert.deepEqual(world.calls.slice(0, 3), ["stat b", "stat c", "stat a"]);
});

Deno.test("scrubStore() ends when it is aborted, in the middle of a round", async () => {
  await using world = new World({ a: "whole", b: "corrupt" });
  await world.start();
  world.abort.abort();
  await world.clock.advance(hour);
  assert.deepEqual(world.lost, []);
});
