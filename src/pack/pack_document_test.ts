import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import type { Document } from "../core/document.ts";
import { StepError } from "../core/step_error.ts";
import { packDocument } from "./pack_document.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function withDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function writeDocument(directory: string, bytes: Uint8Array): Promise<Document> {
  const file = `${directory}/document`;
  await Deno.writeFile(file, bytes);
  return { file, size: bytes.length, sha256: sha256(bytes) };
}

async function untar(archive: string, directory: string): Promise<void> {
  await Deno.mkdir(directory);
  const { success, stderr } = await new Deno.Command("tar", {
    args: ["-xpzf", archive, "-C", directory],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

async function filesBelow(directory: string, prefix = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(`${directory}/${prefix}`)) {
    const path = prefix + entry.name;
    found.push(...entry.isDirectory ? await filesBelow(directory, `${path}/`) : [path]);
  }
  return found;
}

/** A path from a seed: segments of 1 to 255 bytes, 1,024 in all, of every kind that a path may hold. */
function pathFrom(seed: number): string {
  let state = seed;
  const below = (limit: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(state / 2 ** 32 * limit);
  };
  const letters = [..."aZ09-_ .'\"*?[]{}$#~+=@,;:%&()!|<>^`", ..."äßéñøΩжの字🙂\u0301\u200d"];
  const special = ["..a", "a..", "...", " ", "-rf", ".hidden", "x".repeat(255), "ж".repeat(127)];
  const segment = () => {
    if (below(4) === 0) return special[below(special.length)]!;
    const wanted = 1 + below(below(3) === 0 ? 255 : 20);
    let text = letters[below(letters.length)]!;
    while (Buffer.byteLength(text) < wanted - 4) text += letters[below(letters.length)];
    return text === "." || text === ".." ? "dot" : text;
  };
  const segments = [segment()];
  for (let count = below(8); count > 0; count--) segments.push(segment());
  // "../" inside of a path is refused before it comes here: Flux does not unpack it.
  const allowed = segments.map((each) => each.endsWith("..") ? `${each}a` : each);
  while (Buffer.byteLength(allowed.join("/")) > 1_024) allowed.pop();
  return allowed.map((each) => Buffer.byteLength(each) > 255 ? "long" : each).join("/");
}

Deno.test("packDocument() gives exactly these bytes, or packFormat and this test change", async () => {
  await withDirectory(async (directory) => {
    const bytes = new TextEncoder().encode("kind: ConfigMap\n".repeat(10_000));
    const document = await writeDocument(directory, bytes);
    const outputFile = `${directory}/packed`;
    assert.deepEqual(await packDocument(document, { path: "conf/data.yaml", outputFile }), {
      file: outputFile,
      size: 1_068,
      digest: "sha256:349a548aa4ddd6a3c1aed8bb576bf1c0e826ade0ee65baaee6bcdecbf3d484a1",
      revision: "latest@sha256:ab985275e4a9988b564d9ab3549169745885dba0babcba47c2263e966f82eb1c",
    });
  });
});

Deno.test("packDocument() digests what it wrote and revises what is in it", async () => {
  await withDirectory(async (directory) => {
    const document = await writeDocument(directory, crypto.getRandomValues(new Uint8Array(60_000)));
    const packed = await packDocument(document, { path: "a", outputFile: `${directory}/packed` });
    const written = await Deno.readFile(packed.file);
    assert.equal(packed.size, written.length);
    assert.equal(packed.digest, `sha256:${sha256(written)}`);
    assert.equal(packed.revision, `latest@sha256:${sha256(gunzipSync(written))}`);
    assert.equal((await Deno.stat(packed.file)).mode! & 0o777, 0o600);
  });
});

Deno.test("packDocument() names no user, no group and no time", async () => {
  await withDirectory(async (directory) => {
    const document = await writeDocument(directory, new Uint8Array(1));
    const { file } = await packDocument(document, { path: "a", outputFile: `${directory}/packed` });
    const { stdout } = await new Deno.Command("tar", {
      args: ["-tvzf", file, "--full-time", "--utc"],
    }).output();
    const [mode, owner, size, ...rest] = new TextDecoder().decode(stdout).trim().split(/\s+/);
    assert.deepEqual([mode, owner, size], ["-rw-r--r--", "0/0", "1"]);
    assert.deepEqual(rest, ["1970-01-01", "00:00:00", "a"]);
  });
});

Deno.test("packDocument() makes archives that tar unpacks to the same path, mode and content", async () => {
  await withDirectory(async (directory) => {
    const content = crypto.getRandomValues(new Uint8Array(2_000));
    const sizes = [0, 1, 511, 512, 513, 1_999];
    for (let seed = 1; seed <= 120; seed++) {
      const path = pathFrom(seed);
      const bytes = content.subarray(0, sizes[seed % sizes.length]);
      const document = await writeDocument(directory, bytes);
      const outputFile = `${directory}/packed-${seed}`;
      await packDocument(document, { path, outputFile });
      const target = `${directory}/${seed}`;
      await untar(outputFile, target);
      assert.deepEqual(await filesBelow(target), [path], `seed ${seed}`);
      assert.deepEqual(await Deno.readFile(`${target}/${path}`), Uint8Array.from(bytes));
      assert.equal((await Deno.stat(`${target}/${path}`)).mode! & 0o777, 0o644);
    }
  });
});

Deno.test("packDocument() packs several MB without a difference", async () => {
  await withDirectory(async (directory) => {
    const bytes = new Uint8Array(5_000_001).map((_, index) => index * index >> 7);
    const document = await writeDocument(directory, bytes);
    await packDocument(document, { path: "dir/big", outputFile: `${directory}/packed` });
    await untar(`${directory}/packed`, `${directory}/unpacked`);
    assert.equal(sha256(await Deno.readFile(`${directory}/unpacked/dir/big`)), document.sha256);
  });
});

Deno.test("packDocument() stops when it is told to and leaves no file", async () => {
  await withDirectory(async (directory) => {
    const document = await writeDocument(directory, new Uint8Array(3_000_000));
    const abort = new AbortController();
    const outputFile = `${directory}/packed`;
    const packing = packDocument(document, { path: "a", outputFile, signal: abort.signal });
    abort.abort();
    await assert.rejects(packing, { name: "AbortError" });
    assert.deepEqual(await filesBelow(directory), ["document"]);
  });
});

Deno.test("packDocument() refuses a document that is not as long as it claims", async () => {
  for (const claimed of [99, 101]) {
    await withDirectory(async (directory) => {
      const document = await writeDocument(directory, new Uint8Array(100));
      const packing = packDocument({ ...document, size: claimed }, {
        path: "a",
        outputFile: `${directory}/packed`,
      });
      await assert.rejects(packing, /size/i);
      assert.deepEqual(await filesBelow(directory), ["document"]);
    });
  }
});

Deno.test("packDocument() reports what the disk says as a storage failure", async () => {
  await withDirectory(async (directory) => {
    const document = await writeDocument(directory, new Uint8Array(100));
    const packing = packDocument(document, { path: "a/b", outputFile: `${directory}/none/packed` });
    await assert.rejects(packing, (error) => {
      assert.ok(error instanceof StepError);
      assert.equal(error.message, 'Cannot pack "a/b": no such file or directory');
      assert.equal(error.class, "storage");
      return true;
    });
  });
});

Deno.test("packDocument() never writes over a file", async () => {
  await withDirectory(async (directory) => {
    const document = await writeDocument(directory, new Uint8Array(100));
    await Deno.writeTextFile(`${directory}/packed`, "precious");
    await assert.rejects(packDocument(document, { path: "a", outputFile: `${directory}/packed` }));
    assert.equal(await Deno.readTextFile(`${directory}/packed`), "precious");
  });
});
