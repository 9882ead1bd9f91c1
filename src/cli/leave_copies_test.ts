import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { MemoryObjects } from "../../tests/memory_objects.ts";
import { artifactOf } from "../../tests/source_fixtures.ts";
import { storageError } from "../store/storage_error.ts";
import { leaveCopies, type LeaveCopiesParts } from "./leave_copies.ts";

const held = ({ path }: { readonly path: string }) => ({ key: path, size: 1, lastPut: 0 });

/** What asks about sources of these names, of which the store holds all but `elsewhere`. */
function partsOf(names: readonly string[]): LeaveCopiesParts & { readonly asked: string[] } {
  const objects = new MemoryObjects();
  void objects.watch(() => {}, new AbortController().signal);
  for (const name of names) {
    const at = { namespace: "team", name };
    objects.createSource({ ...at, spec: {} });
    if (name === "unpublished") continue;
    objects.editSource(at, (source) => ({ ...source, status: { artifact: artifactOf("a", at) } }));
  }
  const asked: string[] = [];
  return {
    ...{ objects, asked, patienceMs: 5_000, clock: new ManualClock() },
    store: {
      stat: (path) => Promise.resolve(path.includes("/elsewhere/") ? undefined : held({ path })),
    },
    leave: (key) => {
      const name = key.split("/")[2]!;
      asked.push(name);
      return Promise.resolve(name !== "mine");
    },
  };
}

Deno.test("leaveCopies() asks others to hold what is published and held here, and counts what they do not", async () => {
  const parts = partsOf(["theirs", "elsewhere", "unpublished", "mine"]);
  assert.deepEqual(await leaveCopies(parts), { lost: 1, unasked: 0 });
  assert.deepEqual(parts.asked, ["theirs", "mine"]);
});

Deno.test("leaveCopies() begins with none when its time is up", async () => {
  const clock = new ManualClock();
  const parts = partsOf(Array.from({ length: 100 }, (_, index) => `s${index}`));
  const leave = async (key: string) => {
    await new Promise<void>((resolve) => void clock.schedule(resolve, 3_000));
    return await parts.leave(key);
  };
  const leaving = leaveCopies({ ...parts, clock, leave });
  await clock.advance(6_000);
  assert.deepEqual(await leaving, { lost: 0, unasked: 36 });
});

Deno.test("leaveCopies() asks nobody about a store that cannot be read", async () => {
  const parts = partsOf(["app"]);
  const store = { stat: () => Promise.reject(storageError("Cannot read: refused")) };
  assert.deepEqual(await leaveCopies({ ...parts, store }), { lost: 0, unasked: 0 });
  assert.deepEqual(parts.asked, []);
});
