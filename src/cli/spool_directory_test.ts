import assert from "node:assert/strict";
import { InputError } from "./command.ts";
import { openSpoolDirectory } from "./spool_directory.ts";

const now = Date.UTC(2026, 0, 1);
const minute = 60_000;

interface Leftover {
  readonly name: string;
  /** Milliseconds; undefined: there is no lock file. */
  readonly age: number | undefined;
  readonly stays: boolean;
}

const leftovers: readonly Leftover[] = [
  { name: "externalsource-spool-killed", age: minute, stays: false },
  { name: "externalsource-spool-young", age: 1_000, stays: true },
  { name: "externalsource-spool-without-lock", age: undefined, stays: true },
  { name: "of-somebody-else", age: minute, stays: true },
];

async function leave(dir: string, { name, age }: Leftover): Promise<void> {
  await Deno.mkdir(`${dir}/${name}/unstored`, { recursive: true });
  await Deno.writeTextFile(`${dir}/${name}/document`, "half of it");
  if (age !== undefined) await touch(`${dir}/${name}/lock`, age);
}

async function touch(path: string, age: number): Promise<void> {
  await Deno.writeTextFile(path, "");
  await Deno.utime(path, new Date(now - age), new Date(now - age));
}

async function names(dir: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(dir), ({ name }) => name)).sort();
}

Deno.test("openSpoolDirectory() removes what killed processes left, and nothing else", async () => {
  const dir = await Deno.makeTempDir();
  for (const each of leftovers) await leave(dir, each);
  await (await openSpoolDirectory({ dir, now }))[Symbol.asyncDispose]();
  const stay = leftovers.filter(({ stays }) => stays).map(({ name }) => name).sort();
  assert.deepEqual(await names(dir), stay);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("openSpoolDirectory() leaves that of a living process alone, however old it is", async () => {
  const dir = await Deno.makeTempDir();
  {
    await using living = await openSpoolDirectory({ dir, now });
    await touch(`${living.path}/lock`, 24 * 60 * minute);
    await using other = await openSpoolDirectory({ dir, now });
    assert.equal((await names(dir)).length, 2);
    assert.notEqual(living.path, other.path);
  }
  assert.deepEqual(await names(dir), []);
  await Deno.remove(dir);
});

Deno.test("openSpoolDirectory() says what to do where nothing can be written", async () => {
  await assert.rejects(openSpoolDirectory({ dir: "/missing", now }), (error) => {
    assert.ok(error instanceof InputError);
    assert.match(
      error.message,
      /^Cannot keep documents in "\/missing".*no such file.*emptyDir.*TMPDIR$/,
    );
    return true;
  });
});
