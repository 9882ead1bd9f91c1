import { strict as assert } from "node:assert";
import { fileURLToPath } from "node:url";
import { parseArtifactKey } from "../../src/core/artifact_key.ts";
import type { ArtifactStore } from "../../src/store/artifact_store.ts";
import { pvc } from "../../src/store/pvc.ts";
import { bytesOf, packedFile } from "../contract/store.ts";

const writer = fileURLToPath(new URL("pvc_writer.ts", import.meta.url));
const member = fileURLToPath(new URL("pvc_member.ts", import.meta.url));

interface Put {
  readonly key: string;
  readonly digest: string;
  readonly failure?: string;
}

interface Volume {
  readonly root: string;
  readonly scratch: string;
}

async function withVolume(body: (volume: Volume) => Promise<void>): Promise<void> {
  const parent = await Deno.makeTempDir();
  const volume = { root: `${parent}/volume`, scratch: `${parent}/scratch` };
  await Deno.mkdir(volume.scratch);
  try {
    await body(volume);
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
}

/** The command line of a writer of these many artifacts, which no other seed has. */
async function writerOf(
  volume: Volume,
  seed: number,
  lengths: readonly number[],
): Promise<string[]> {
  const packed = lengths.map((length, index) =>
    packedFile(volume.scratch, bytesOf(seed, length + index))
  );
  const putsFile = `${volume.scratch}/${seed}.json`;
  await Deno.writeTextFile(putsFile, JSON.stringify(await Promise.all(packed)));
  return ["run", "-A", "--quiet", "--cached-only", writer, volume.root, putsFile];
}

const openAt = ({ root }: Volume, now: number): Promise<ArtifactStore> =>
  pvc.open({ storagePath: root, storageMinFree: 0 }, { now: () => now, schedule: () => () => {} });

const incomingOf = async ({ root }: Volume) =>
  (await Array.fromAsync(Deno.readDir(`${root}/.incoming`))).map(({ name }) => name);

const parsePuts = (lines: string): Put[] =>
  lines.split("\n").slice(0, -1).map((line) => JSON.parse(line) as Put);

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** How many keys there are, each of which has the bytes that its name promises. */
async function countWhole(store: ArtifactStore): Promise<number> {
  let count = 0;
  for await (const { key } of store.list("")) {
    assert.ok(await store.verify(key, `sha256:${parseArtifactKey(key)!.hex}`), key);
    count++;
  }
  return count;
}

/** Runs a writer, kills it when so many puts are done and some more time has passed; gives the puts that were done. */
async function killAfter(args: string[], puts: number, moreMs: number): Promise<Put[]> {
  const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
  let lines = "";
  let killing: Promise<void> | undefined;
  for await (const piece of child.stdout) {
    lines += text(piece);
    if (lines.split("\n").length <= puts) continue;
    killing ??= new Promise<void>((resolve) => setTimeout(resolve, moreMs))
      .then(() => child.kill("SIGKILL"));
  }
  assert.equal((await child.status).signal, "SIGKILL");
  return parsePuts(lines);
}

Deno.test("PvcStore shows no part and keeps every finished put, whenever it is killed", async () => {
  await withVolume(async (volume) => {
    let leftovers = 0;
    for (let round = 1; round <= 30; round++) {
      const lengths = [1_000, 900_000, 5_000, 900_000, 900_000, 20, 900_000, 900_000];
      const args = [...await writerOf(volume, round, lengths), "forever"];
      const puts = await killAfter(args, round % 5, Math.random() * 12);
      leftovers += (await incomingOf(volume)).length;
      const store = await openAt(volume, Date.now() + 60_000);
      assert.deepEqual(await incomingOf(volume), []);
      for (const { key, digest } of puts) assert.ok(await store.verify(key, digest), key);
      await countWhole(store);
    }
    assert.ok(leftovers > 0, "no kill came in the middle of a put: this proved nothing");
  });
});

Deno.test("PvcStore takes the same keys from several processes at once", async () => {
  await withVolume(async (volume) => {
    const lengths = Array.from({ length: 24 }, (_, index) => 1_000 + index * 12_345);
    const args = await writerOf(volume, 1, lengths);
    const writers = [1, 2, 3, 4].map(() => new Deno.Command(Deno.execPath(), { args }).output());
    for (const { stdout, stderr, success } of await Promise.all(writers)) {
      assert.ok(success, text(stderr));
      assert.equal(parsePuts(text(stdout)).length, 24);
      assert.ok(!text(stdout).includes("failure"), text(stdout));
    }
    assert.equal(await countWhole(await openAt(volume, Date.now())), 24);
    assert.deepEqual(await incomingOf(volume), []);
  });
});

Deno.test("PvcStore reports a write that is refused half-way, leaves nothing of it and goes on", async () => {
  await withVolume(async (volume) => {
    const args = await writerOf(volume, 1, [50_000, 500_000, 60_000]);
    // A limit on file sizes refuses a write in its middle, as a full disk does, and needs no root.
    const script = `trap '' XFSZ; ulimit -f 100; exec "$0" "$@"`;
    const bash = new Deno.Command("bash", { args: ["-c", script, Deno.execPath(), ...args] });
    const { stdout, stderr } = await bash.output();
    const [first, tooLarge, last] = parsePuts(text(stdout));
    assert.equal(first?.failure, undefined, text(stderr));
    assert.equal(
      tooLarge?.failure,
      `Cannot store "${tooLarge?.key}": the file would be larger than is allowed here`,
    );
    assert.equal(last?.failure, undefined);
    assert.equal(await countWhole(await openAt(volume, Date.now())), 2);
    assert.deepEqual(await incomingOf(volume), []);
  });
});

interface MemberRun {
  readonly args: readonly string[];
  /** Milliseconds from its first deed to its end. */
  readonly lifeMs: number;
}

/** Runs a member of a volume until it is killed; gives what it said. */
async function lifeOf({ args, lifeMs }: MemberRun): Promise<readonly string[]> {
  const child = new Deno.Command(Deno.execPath(), { args: [...args], stdout: "piped" }).spawn();
  let lines = "";
  let killing: unknown;
  for await (const piece of child.stdout) {
    lines += text(piece);
    killing ??= setTimeout(() => child.kill("SIGKILL"), lifeMs);
  }
  assert.equal((await child.status).signal, "SIGKILL");
  return lines.split("\n").slice(0, -1);
}

Deno.test("PvcStore keeps its laws on a volume of three processes, each of which is killed again and again", async () => {
  const seed = Math.floor(Math.random() * 1e6);
  await withVolume(async (volume) => {
    const packed = await Promise.all(
      Array.from({ length: 40 }, (_, index) => {
        const source = { namespace: `team-${index % 3}`, name: `config-${index % 7}` };
        return packedFile(
          volume.scratch,
          bytesOf(index, index % 5 === 0 ? 200_000 : 2_000),
          source,
        );
      }),
    );
    const putsFile = `${volume.scratch}/members.json`;
    await Deno.writeTextFile(putsFile, JSON.stringify(packed));
    const lives = async (which: number) => {
      const said: string[] = [];
      for (let life = 0; life < 5; life++) {
        const run = ["run", "-A", "--quiet", "--cached-only", member, volume.root, putsFile];
        const args = [...run, `${seed + which * 100 + life}`];
        said.push(...await lifeOf({ args, lifeMs: 300 + Math.random() * 600 }));
      }
      return said;
    };
    const said = (await Promise.all([1, 2, 3].map(lives))).flat();
    assert.deepEqual(said.filter((line) => line.startsWith("violation")), [], `seed ${seed}`);
    for (const deed of ["put", "delete", "read", "list"]) {
      assert.ok(said.filter((line) => line === deed).length > 20, `${deed}: seed ${seed}`);
    }
    const store = await openAt(volume, Date.now() + 60_000);
    await countWhole(store);
    assert.deepEqual(await incomingOf(volume), []);
    const names = (await filesBelow(volume.root)).filter((name) => !name.endsWith(".tar.gz"));
    assert.deepEqual(names, [], "what killed deletes left has its name back");
    for (const { key, artifact } of packed) {
      await store.put(key, artifact);
      assert.equal(await store.delete(key, { putBefore: Date.now() - 60_000 }), false);
    }
    assert.equal(await countWhole(store), 40);
  });
});

async function filesBelow(directory: string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    if (isDirectory) names.push(...await filesBelow(`${directory}/${name}`));
    else names.push(name);
  }
  return names;
}
