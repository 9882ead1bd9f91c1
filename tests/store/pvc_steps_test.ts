import { strict as assert } from "node:assert";
import type { ArtifactStore } from "../../src/store/artifact_store.ts";
import { PvcStore } from "../../src/store/pvc/pvc_store.ts";
import { bytesOf, type PackedFile, packedFile, readKey } from "../contract/store_fixtures.ts";
import { ManualClock } from "../manual_clock.ts";
import { seededRandom } from "../seeded_random.ts";
import { eventually } from "../acceptance/eventually.ts";
import { inSteps, inTurns } from "./file_steps.ts";

const bytes = bytesOf(1, 5_000);
const minute = 60_000;

/** One tree and as many processes as a test wants. */
class Volume implements AsyncDisposable {
  readonly clock = new ManualClock(Date.now());
  readonly root: string;
  readonly packed: PackedFile;

  private constructor(root: string, packed: PackedFile) {
    this.root = root;
    this.packed = packed;
  }

  static async create(): Promise<Volume> {
    const root = await Deno.realPath(await Deno.makeTempDir());
    return new Volume(root, await packedFile(root, bytes));
  }

  process(): ArtifactStore {
    return new PvcStore(this.root, this.clock);
  }

  put(): Promise<void> {
    return this.process().put(this.packed.key, this.packed.artifact);
  }

  /** Puts, lets a minute pass, and gives the condition under which only that put is deleted. */
  async putLongAgo(): Promise<{ readonly putBefore: number }> {
    await this.put();
    await this.clock.advance(minute);
    return { putBefore: this.clock.now() };
  }

  async assertServed(message: string): Promise<void> {
    assert.deepEqual(await readKey(this.process(), this.packed.key), bytes, message);
  }

  async assertGone(message: string): Promise<void> {
    assert.equal(await this.process().stat(this.packed.key), undefined, message);
    assert.deepEqual(await this.besides(), [], message);
  }

  /** Names beside the key. */
  async besides(): Promise<readonly string[]> {
    const directory = `${this.root}/artifacts/apps/web`;
    const entries = await Array.fromAsync(Deno.readDir(directory)).catch(() => []);
    return entries.map(({ name }) => name).filter((name) => !this.packed.key.endsWith(name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.root, { recursive: true });
  }
}

/** On a file system that knows no links. */
async function withoutLinks(body: () => Promise<unknown>): Promise<void> {
  const { link } = Deno;
  Deno.link = () => Promise.reject(new Error("Operation not permitted (os error 1)"));
  try {
    await body();
  } finally {
    Deno.link = link;
  }
}

/** Calls `body` for the first step of something, for its second, and so on until it has no more. */
async function atEachStep(body: (step: number) => Promise<number>): Promise<number> {
  let step = 0;
  while (await body(step) > step) step++;
  return step;
}

Deno.test("PvcStore keeps what is put at any step of a delete, without a gap", async () => {
  const count = await atEachStep(async (at) => {
    await using volume = await Volume.create();
    const condition = await volume.putLongAgo();
    const run = () => volume.process().delete(volume.packed.key, condition);
    const steps = await inSteps(run, async (step) => {
      if (step === at) await volume.put();
      if (step >= at) await volume.assertServed(`put before step ${at}, read before ${step}`);
      return undefined;
    });
    if (at < steps) await volume.assertServed(`put before step ${at}`);
    assert.deepEqual(await volume.besides(), []);
    return steps;
  });
  assert.ok(count >= 8, `${count} steps`);
});

Deno.test("PvcStore has what was put, whichever delete came at any of its steps", async () => {
  for (const isThere of [true, false]) {
    const count = await atEachStep(async (at) => {
      await using volume = await Volume.create();
      const condition = await volume.putLongAgo();
      if (!isThere) await volume.process().delete(volume.packed.key);
      const steps = await inSteps(() => volume.put(), async (step) => {
        if (step === at) await volume.process().delete(volume.packed.key, condition);
        return undefined;
      });
      await volume.assertServed(`deleted before step ${at}`);
      return steps;
    });
    assert.ok(count >= 8, `${count} steps`);
  }
});

Deno.test("PvcStore keeps what is put while two delete, at any of their steps", async () => {
  await atEachStep(async (putAt) => {
    let steps = 0;
    await atEachStep(async (otherAt) => {
      await using volume = await Volume.create();
      const condition = await volume.putLongAgo();
      const remove = () => volume.process().delete(volume.packed.key, condition);
      steps = await inSteps(remove, async (step) => {
        if (step === putAt) await volume.put();
        if (step === otherAt) await remove();
        if (step >= putAt) await volume.assertServed(`put before ${putAt}, deleted at ${otherAt}`);
        return undefined;
      });
      return steps;
    });
    return steps;
  });
});

Deno.test("PvcStore has deleted what it says, at whichever step a listing gives that its name back", async () => {
  const count = await atEachStep(async (at) => {
    await using volume = await Volume.create();
    const condition = await volume.putLongAgo();
    const remove = () => volume.process().delete(volume.packed.key, condition);
    const steps = await inSteps(remove, async (step) => {
      if (step === at) await Array.fromAsync(volume.process().list(""));
      return undefined;
    });
    await volume.assertGone(`listed before step ${at}`);
    return steps;
  });
  assert.ok(count >= 8, `${count} steps`);
});

Deno.test("PvcStore has deleted what it says, whatever steps a listing does meanwhile", async () => {
  const deleteAndList = async (seed: number) => {
    await using volume = await Volume.create();
    const condition = await volume.putLongAgo();
    await inTurns([
      () => volume.process().delete(volume.packed.key, condition),
      () => Array.fromAsync(volume.process().list("")),
    ], seededRandom(seed));
    await volume.assertGone(`seed ${seed}`);
  };
  for (let seed = 0; seed < 300; seed++) {
    await deleteAndList(seed);
    await withoutLinks(() => deleteAndList(seed));
  }
});

Deno.test("PvcStore loses nothing to a delete that is killed at any step", async () => {
  await atEachStep(async (killedAt) => {
    let steps = 0;
    await atEachStep(async (putAt) => {
      await using volume = await Volume.create();
      const condition = await volume.putLongAgo();
      const remove = () => volume.process().delete(volume.packed.key, condition);
      let isPut = false;
      steps = await inSteps(remove, async (step) => {
        if (step === putAt) {
          await volume.put();
          isPut = true;
        }
        return step === killedAt ? "kill" : undefined;
      });
      const which = `put before ${putAt}, killed before ${killedAt}`;
      if (isPut) await volume.assertServed(which);
      const listed = await Array.fromAsync(volume.process().list(""));
      assert.deepEqual(await volume.besides(), [], `what is left is tidied up: ${which}`);
      if (isPut) {
        await volume.assertServed(which);
        assert.equal(listed[0]?.lastPut, volume.clock.now(), which);
      }
      assert.equal(await remove(), !isPut);
      assert.equal(await volume.process().delete(volume.packed.key), true);
      assert.equal(await volume.process().open(volume.packed.key), undefined);
      return Math.min(steps, killedAt + 1);
    });
    return steps;
  });
});

Deno.test("PvcStore shows no part of a put that is killed at any step, and tidies up", async () => {
  for (const isThere of [true, false]) {
    const count = await atEachStep(async (killedAt) => {
      await using volume = await Volume.create();
      if (isThere) await volume.putLongAgo();
      const steps = await inSteps(
        () => volume.put(),
        (step) => Promise.resolve(step === killedAt ? "kill" : undefined),
      );
      if (isThere) await volume.assertServed(`killed before step ${killedAt}`);
      const next = new PvcStore(volume.root, new ManualClock(Date.now() + 2 * minute));
      // A program that another test starts holds all files open until it is executed, and their locks.
      await eventually(async () => {
        await next.removeLeftovers();
        const left = Array.fromAsync(Deno.readDir(`${volume.root}/.incoming`));
        return (await left.catch(() => [])).length === 0;
      }, { withinMs: 30_000, what: `nothing is left of a put killed before step ${killedAt}` });
      await next.close();
      const bytesNow = await readKey(volume.process(), volume.packed.key);
      if (bytesNow) assert.deepEqual(bytesNow, bytes);
      await volume.put();
      await volume.assertServed("put again");
      return steps;
    });
    assert.ok(count >= 8, `${count} steps`);
  }
});

Deno.test("PvcStore has what was put and read at once, whatever two others delete in turns with it", async () => {
  for (let seed = 1; seed <= 100; seed++) {
    await using volume = await Volume.create();
    const condition = await volume.putLongAgo();
    const remove = () => volume.process().delete(volume.packed.key, condition);
    const put = async () => {
      await volume.put();
      await volume.assertServed(`seed ${seed}, at once`);
      await volume.assertServed(`seed ${seed}, then`);
    };
    await inTurns([put, remove, remove], seededRandom(seed));
    await volume.assertServed(`seed ${seed}, in the end`);
    assert.deepEqual(await volume.besides(), [], `seed ${seed}`);
  }
});

Deno.test("PvcStore reads what a killed delete has left, also while that gets its name back", async () => {
  await atEachStep(async (at) => {
    await using volume = await Volume.create();
    await volume.put();
    const path = `${volume.root}/${volume.packed.key}`;
    await Deno.rename(path, `${path}.killed-1.deleting`);
    const read = async () =>
      assert.deepEqual(await readKey(volume.process(), volume.packed.key), bytes);
    const steps = await inSteps(read, async (step) => {
      if (step === at) await Array.fromAsync(volume.process().list(""));
      return undefined;
    });
    assert.equal((await volume.besides()).length, at < steps ? 0 : 1);
    return steps;
  });
});

Deno.test("PvcStore keeps what is put at any step of a delete where the file system knows no links", async () => {
  await withoutLinks(() =>
    atEachStep(async (at) => {
      await using volume = await Volume.create();
      const condition = await volume.putLongAgo();
      const run = () => volume.process().delete(volume.packed.key, condition);
      const steps = await inSteps(run, async (step) => {
        if (step === at) await volume.put();
        if (step >= at) await volume.assertServed(`put before step ${at}, read before ${step}`);
        return undefined;
      });
      if (at < steps) await volume.assertServed(`put before step ${at}`);
      assert.deepEqual(await volume.besides(), []);
      return steps;
    })
  );
});

Deno.test("PvcStore never makes a put seem older than it is, whatever steps a file system keeps times in", async () => {
  await using volume = await Volume.create();
  const { utime } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.utime = function (this: Deno.FsFile, accessed, modified) {
    const seconds = new Date(2_000 * Math.floor(Number(modified) / 2_000));
    return utime.call(this, accessed, seconds);
  };
  try {
    for (const isThere of [false, true]) {
      await volume.put();
      const info = await volume.process().stat(volume.packed.key);
      const aheadMs = info!.lastPut - volume.clock.now();
      assert.ok(aheadMs >= 0 && aheadMs <= 2_000, `${aheadMs} ms, ${isThere ? "again" : "anew"}`);
      await volume.clock.advance(777);
    }
  } finally {
    Deno.FsFile.prototype.utime = utime;
  }
});
