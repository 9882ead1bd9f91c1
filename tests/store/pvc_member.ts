/**
 * A process that puts, deletes, lists and reads at random what others put and delete too, until it is killed. Arguments:
 * the directory, a JSON file with the puts, a seed. Prints a line for each thing it has done, and one that begins with
 * `violation` for each law that does not hold.
 */
import { createHash } from "node:crypto";
import { parseArtifactKey } from "../../src/core/artifact_key.ts";
import { pvc } from "../../src/store/pvc.ts";
import { type PackedFile, readKey } from "../contract/store_fixtures.ts";
import { seededRandom } from "../seeded_random.ts";

/** What is older than this is deleted; longer than one put takes. */
const ttlMs = 400;

const [storagePath = "", putsFile = "", seed = "0"] = Deno.args;
const packed = JSON.parse(await Deno.readTextFile(putsFile)) as PackedFile[];
const random = seededRandom(Number(seed));
const clock = { now: () => Date.now(), schedule: () => () => {} };
const store = await pvc.open({ storagePath, storageMinFree: 0 }, clock);

const say = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
const anyOf = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)]!;

async function assertWhole(key: string, bytes: Uint8Array): Promise<void> {
  const hex = createHash("sha256").update(bytes).digest("hex");
  if (hex !== parseArtifactKey(key)?.hex) say(`violation: ${key} has other bytes`);
}

const deeds: Readonly<Record<string, () => Promise<void>>> = {
  async put() {
    const { key, artifact } = anyOf(packed);
    const start = Date.now();
    await store.put(key, artifact);
    const bytes = await readKey(store, key);
    // A machine that stood still meanwhile has made it old.
    if (!bytes && Date.now() - start < ttlMs) say(`violation: ${key} was put and is not there`);
    if (bytes) await assertWhole(key, bytes);
  },
  async delete() {
    await store.delete(anyOf(packed).key, { putBefore: Date.now() - ttlMs });
  },
  async read() {
    const { key } = anyOf(packed);
    const bytes = await readKey(store, key);
    if (bytes) await assertWhole(key, bytes);
  },
  async list() {
    const keys = (await Array.fromAsync(store.list(""))).map(({ key }) => key);
    const expected = [...new Set(keys)].sort();
    if (keys.join() !== expected.join()) say(`violation: listed as ${keys.join(" ")}`);
  },
};
const mix = ["put", "delete", "delete", "delete", "read", "read", "list"];

for (;;) {
  const deed = anyOf(mix);
  await deeds[deed]!().catch((error) => say(`violation: ${deed}: ${error.stack}`));
  say(deed);
}
