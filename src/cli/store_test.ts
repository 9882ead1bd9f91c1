import assert from "node:assert/strict";
import { bytesOf, packedFile } from "../../tests/contract/store.ts";
import { runCommand as runProgram } from "../../tests/run_command.ts";
import { artifactKey } from "../core/artifact_key.ts";
import { PvcStore } from "../store/pvc/pvc_store.ts";
import { runCommand } from "./run_command.ts";
import { systemClock } from "./system_clock.ts";

const main = new URL("../main.ts", import.meta.url).pathname;
const wrongKey = artifactKey({ namespace: "apps", name: "wrong", hex: "f".repeat(64) });

interface Copied {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A directory with a store `a` of two artifacts. */
async function inWorld(
  body: (world: {
    readonly folder: string;
    readonly put: (key?: string) => Promise<string>;
    readonly run: (...given: readonly string[]) => Promise<Copied>;
    readonly abort: AbortController;
  }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/a`);
  const store = new PvcStore(`${folder}/a`, systemClock);
  const abort = new AbortController();
  let seed = 0;
  const put = async (key?: string) => {
    const packed = await packedFile(folder, bytesOf(++seed, 1_048_576));
    await store.put(key ?? packed.key, packed.artifact);
    return key ?? packed.key;
  };
  const run = async (...given: readonly string[]) => {
    const written = { out: "", err: "" };
    const code = await runCommand({
      arguments: ["store", ...given.map((each) => each.replace("FOLDER", folder))],
      environment: {},
      signal: abort.signal,
      print: (text) => written.out += text.replaceAll(folder, "FOLDER"),
      printError: (text) => written.err += text.replaceAll(folder, "FOLDER"),
      drop: () => {},
    });
    return { code, ...written };
  };
  try {
    await Promise.all([put(), put()]);
    await body({ folder, put, run, abort });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const copyAToB = ["copy", "pvc:FOLDER/a", "pvc:FOLDER/b"];

Deno.test("store copy makes one store hold what another does, and skips it the next time", async () => {
  await inWorld(async ({ folder, put, run }) => {
    const out = "copied 2 (2.0 MiB), skipped 0 (0 B), failed 0\n";
    assert.deepEqual(await run(...copyAToB), { code: 0, out, err: "" });
    const key = await put();
    assert.deepEqual(await run(...copyAToB, "--verify", "--parallel=1"), {
      ...{ code: 0, out: "copied 1 (1.0 MiB), skipped 2 (2.0 MiB), failed 0\n", err: "" },
    });
    const file = (store: string) => Deno.readFile(`${folder}/${store}/${key}`);
    assert.deepEqual(await file("b"), await file("a"));
  });
});

Deno.test("store copy says which bytes are wrong, with exit code 1", async () => {
  await inWorld(async ({ put, run }) => {
    await put(wrongKey);
    const { code, out, err } = await run(...copyAToB);
    assert.deepEqual([code, out], [1, "copied 2 (2.0 MiB), skipped 0 (0 B), failed 1\n"]);
    assert.match(err, /^Cannot copy "artifacts\/apps\/wrong\/f+\.tar\.gz": .*\n$/);
  });
});

Deno.test("store copy that is stopped says so, with exit code 1", async () => {
  await inWorld(async ({ run, abort }) => {
    abort.abort();
    assert.deepEqual(await run(...copyAToB), {
      code: 1,
      out: "copied 0 (0 B), skipped 0 (0 B), failed 0\n",
      err: "Stopped before the end; the same command goes on from here\n",
    });
  });
});

Deno.test("store copy says that a store is empty, as one is that is named wrongly", async () => {
  await inWorld(async ({ folder, run }) => {
    await Deno.mkdir(`${folder}/empty`);
    const { code, err } = await run("copy", "pvc:FOLDER/empty", "pvc:FOLDER/b");
    assert.deepEqual([code, err], [0, "There was nothing to copy: FROM holds no artifacts\n"]);
  });
});

const wrong: readonly { given: readonly string[]; says: RegExp }[] = [
  { given: [], says: /say what to do, as in/ },
  { given: ["move", "pvc:/a", "pvc:/b"], says: /say what to do, as in/ },
  { given: ["copy"], says: /name two stores, as in/ },
  { given: ["copy", "pvc:/a"], says: /name two stores, as in/ },
  { given: ["copy", "pvc:/a", "pvc:/b", "pvc:/c"], says: /name two stores, as in/ },
  { given: ["copy", "/a", "pvc:/b"], says: /Cannot use "\/a" as FROM: .* write pvc:\/path/ },
  { given: ["copy", "pvc:/a", "memory"], says: /Cannot use "memory" as TO: it names no store/ },
  { given: ["copy", "pvc:/a", "ftp://u:pw@h/p"], says: /Cannot use "ftp:\/\/h\/p" as TO/ },
  { given: ["copy", "pvc:/a", "pvc:/b", "--parallel=0"], says: /--parallel "0": .* from 1 to 64/ },
  {
    given: ["copy", "pvc:FOLDER/none", "pvc:FOLDER/b"],
    says: /^Cannot read artifacts in "FOLDER\/none": no such file or directory\n$/,
  },
];
for (const { given, says } of wrong) {
  Deno.test(`store ${given.join(" ")} is explained, with exit code 2`, async () => {
    await inWorld(async ({ run }) => {
      const { code, out, err } = await run(...given);
      assert.deepEqual([code, out], [2, ""]);
      assert.match(err, says);
    });
  });
}

Deno.test("store copy copies with the permissions that it keeps, and leaves nothing behind", async () => {
  await inWorld(async ({ folder }) => {
    await Deno.mkdir(`${folder}/tmp`);
    const out = await runProgram(Deno.execPath(), {
      args: [
        ...["run", "--no-prompt", "--allow-all", main],
        ...["store", "copy", `pvc:${folder}/a`, `pvc:${folder}/b`],
      ],
      env: { TMPDIR: `${folder}/tmp` },
    });
    assert.equal(out, "copied 2 (2.0 MiB), skipped 0 (0 B), failed 0");
    assert.deepEqual(await Array.fromAsync(Deno.readDir(`${folder}/tmp`)), []);
  });
});
