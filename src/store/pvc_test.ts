import { strict as assert } from "node:assert";
import { ManualClock } from "../../tests/manual_clock.ts";
import { pvc } from "./pvc.ts";

const open = (storagePath: string) =>
  pvc.open({ storagePath, storageMinFree: 0 }, new ManualClock());

Deno.test("pvc.open() makes the directory and leaves no probe in it", async () => {
  const parent = await Deno.makeTempDir();
  await open(`${parent}/data/artifacts`);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(`${parent}/data/artifacts`)), []);
  await Deno.remove(parent, { recursive: true });
});

Deno.test("pvc.open() says what is wrong with the directory and what to do", async () => {
  const parent = await Deno.makeTempDir();
  await Deno.writeTextFile(`${parent}/file`, "");
  const cases = [
    { path: `${parent}/file`, state: "it is not a directory" },
    {
      path: `${parent}/file/below`,
      state: "it does not exist and cannot be made (not a directory)",
    },
    {
      path: "/proc/artifacts",
      state: "it does not exist and cannot be made (no such file or directory)",
    },
  ];
  for (const { path, state } of cases) {
    await assert.rejects(open(path), {
      class: "storage",
      message:
        `Cannot store artifacts in "${path}": ${state}; set --storage-path or PVC_STORAGE_PATH to a directory of a volume that this process may write to`,
    });
  }
  await Deno.remove(parent, { recursive: true });
});

Deno.test("pvc.openToRead() reads what is there and makes nothing", async () => {
  const parent = await Deno.makeTempDir();
  const { openToRead } = pvc;
  const read = (storagePath: string) =>
    openToRead!({ storagePath, storageMinFree: 0 }, new ManualClock());
  assert.deepEqual(await Array.fromAsync((await read(parent)).list("")), []);
  const states = {
    [`${parent}/none`]: "no such file or directory",
    "/etc/hostname": "not a directory",
  };
  for (const [path, state] of Object.entries(states)) {
    await assert.rejects(read(path), {
      class: "configuration",
      message: `Cannot read artifacts in "${path}": ${state}`,
    });
  }
  assert.deepEqual(await Array.fromAsync(Deno.readDir(parent)), []);
  await Deno.remove(parent, { recursive: true });
});

Deno.test("pvc.location reads a path, and nothing of another form", () => {
  const read = (text: string) => pvc.location!.read(text);
  assert.deepEqual(read("pvc:/data/artifacts"), { storagePath: "/data/artifacts" });
  assert.deepEqual(read("pvc:data"), { storagePath: "data" });
  for (const text of ["pvc:", "s3://bucket", "/data/artifacts", ""]) {
    assert.equal(read(text), undefined);
  }
});
