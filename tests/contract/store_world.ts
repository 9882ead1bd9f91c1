import type { ArtifactStore } from "../../src/store/artifact_store.ts";
import type { ManualClock } from "../manual_clock.ts";
import { StoreTime, type StoreTimeOptions } from "./store_time.ts";

/** What a store may use in a test. */
export interface StoreTestContext {
  /** Times come from it, unless the backend has its own (`realTime`). */
  readonly clock: ManualClock;
  /** An empty directory, removed after the test. */
  readonly directory: string;
  /** No other test has it: for a prefix in a backend that tests share. The same for all stores of a test. */
  readonly id: string;
}

/** How the contract is tested on a store. */
export interface StoreTestOptions extends StoreTimeOptions {
  /**
   * Opens another store over the backend of the one under test, with the same `directory` and `id`, as another process
   * would; without it, that is the store itself.
   */
  readonly openAnother?: (context: StoreTestContext) => Promise<ArtifactStore>;
  /** How many artifacts make more than one page of a list; 40 unless told. */
  readonly manyKeys?: number;
}

/** What a law is tested with. */
export interface StoreWorld {
  /** The clock of the store. */
  readonly clock: ManualClock;
  readonly time: StoreTime;
  /** For packed files. */
  readonly directory: string;
  /** Another owner of the same artifacts, with a clock of its own: `time.otherClock`. */
  readonly another: ArtifactStore;
  readonly manyKeys: number;
  /** How often a race is run; few where each takes real time. */
  readonly races: number;
}

/** Registers a test of one law. */
export type TestLaw = (
  behaviour: string,
  body: (store: ArtifactStore, world: StoreWorld) => Promise<void>,
) => void;

/** Opens what a test needs, and closes it afterwards, whatever came of it. */
export async function inStoreWorld(
  openStore: (context: StoreTestContext) => Promise<ArtifactStore>,
  options: StoreTestOptions,
  body: (store: ArtifactStore, world: StoreWorld) => Promise<void>,
): Promise<void> {
  const parent = await Deno.makeTempDir();
  const time = new StoreTime(options);
  const place = { directory: `${parent}/store`, id: crypto.randomUUID() };
  await Deno.mkdir(place.directory);
  const store = await openStore({ ...place, clock: time.clock });
  const another = await options.openAnother?.({ ...place, clock: time.otherClock });
  try {
    await body(store, {
      clock: time.clock,
      time,
      directory: parent,
      another: another ?? store,
      manyKeys: options.manyKeys ?? 40,
      races: options.realTime ? 2 : 30,
    });
  } finally {
    await another?.close();
    await store.close();
    await Deno.remove(parent, { recursive: true });
  }
}
