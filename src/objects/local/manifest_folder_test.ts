import assert from "node:assert/strict";
import { join } from "node:path";
import { type FileProblem, formatFileProblem } from "./file_problem.ts";
import { ManifestFolder } from "./manifest_folder.ts";

const source = (name: string, interval = "5m") =>
  `apiVersion: source.flux.oddkin.co/v1alpha1\nkind: ExternalSource\nmetadata: {name: ${name}}\nspec: {interval: ${interval}}\n`;
const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n";

/** A folder on the disk, read by a ManifestFolder. */
class Desk {
  readonly directory = Deno.makeTempDirSync();
  readonly told: string[] = [];
  readonly solved: string[] = [];
  readonly folder = new ManifestFolder({
    directory: this.directory,
    checkSpec: () => [],
    onProblem: (problem) => this.told.push(this.#words(problem)),
    onSolved: (problem) => this.solved.push(this.#words(problem)),
  });

  #words(problem: FileProblem): string {
    return formatFileProblem(problem).replaceAll(`${this.directory}/`, "");
  }

  async write(file: string, text: string): Promise<void> {
    const path = join(this.directory, file);
    await Deno.mkdir(join(path, ".."), { recursive: true });
    await Deno.writeTextFile(path, text);
  }

  async sources(): Promise<string[]> {
    const { sources } = await this.folder.scan();
    return [...sources].map(([key, { value }]) =>
      `${key} ${(value.spec as { interval: string }).interval}`
    ).sort();
  }
}

function deskTest(name: string, body: (desk: Desk) => Promise<void>): void {
  Deno.test(`scan() ${name}`, async () => {
    const desk = new Desk();
    try {
      await body(desk);
    } finally {
      await Deno.remove(desk.directory, { recursive: true });
    }
  });
}

deskTest(
  "reads *.yaml and *.yml at any depth, but nothing whose name begins with a dot",
  async (desk) => {
    await desk.write("a.yaml", source("a"));
    await desk.write("deep/er/b.yml", `${source("b")}---\n${secret}`);
    for (const file of [".hidden.yaml", ".externalsource/c.yaml", "deep/.git/d.yaml", "e.txt"]) {
      await desk.write(file, source("hidden"));
    }
    assert.deepEqual(await desk.sources(), ["default/a 5m", "default/b 5m"]);
    assert.deepEqual([...(await desk.folder.scan()).secrets.keys()], ["default/s"]);
    assert.deepEqual(desk.told, []);
  },
);

deskTest(
  "keeps the last good objects of a file that does not parse and says so once",
  async (desk) => {
    await desk.write("a.yaml", source("a"));
    await desk.sources();
    await desk.write("a.yaml", `${source("a", "9m")}spec: {`);
    assert.deepEqual(await desk.sources(), ["default/a 5m"]);
    assert.deepEqual(await desk.sources(), ["default/a 5m"]);
    assert.deepEqual(desk.told, ["a.yaml:5: not YAML: Map keys must be unique"]);
    assert.deepEqual(desk.solved, []);
    await desk.write("a.yaml", source("a", "9m"));
    assert.deepEqual(await desk.sources(), ["default/a 9m"]);
    assert.deepEqual(desk.solved, desk.told);
    await desk.write("a.yaml", `${source("a", "9m")}spec: {`);
    await desk.sources();
    assert.equal(desk.told.length, 2, "a problem that comes back is told again");
  },
);

deskTest("keeps the objects of an emptied file until it is deleted", async (desk) => {
  await desk.write("a.yaml", source("a"));
  await desk.sources();
  await desk.write("a.yaml", "");
  assert.deepEqual(await desk.sources(), ["default/a 5m"]);
  assert.deepEqual(desk.told, ["a.yaml: is empty; its objects stay until the file is deleted"]);
  await Deno.remove(join(desk.directory, "a.yaml"));
  assert.deepEqual(await desk.sources(), []);
});

deskTest("takes objects out that were cut or commented out", async (desk) => {
  await desk.write("a.yaml", `${source("a")}---\n${source("b")}`);
  assert.equal((await desk.sources()).length, 2);
  await desk.write("a.yaml", source("b"));
  assert.deepEqual(await desk.sources(), ["default/b 5m"]);
  await desk.write("a.yaml", "# nothing at the moment\n");
  assert.deepEqual(await desk.sources(), []);
  assert.deepEqual(desk.told, []);
});

deskTest(
  "takes the good objects of a file beside a wrong one, and loses none by a slip",
  async (desk) => {
    await desk.write("a.yaml", `${source("a")}---\n${source("b")}`);
    await desk.sources();
    await desk.write("a.yaml", `${source("a", "9m")}---\n${source("B_")}`);
    assert.deepEqual(await desk.sources(), ["default/a 9m", "default/b 5m"]);
    assert.match(desk.told.join(), /^a\.yaml:8: metadata\.name: must be/);
  },
);

deskTest("uses the first of two objects of a name and reports the second", async (desk) => {
  await desk.write("b.yaml", `# x\n${source("a", "9m")}`);
  await desk.write("a.yaml", source("a"));
  assert.deepEqual(await desk.sources(), ["default/a 5m"]);
  assert.deepEqual(desk.told, [
    'b.yaml:2: ExternalSource "default/a" stands already at a.yaml:1; this one has no effect',
  ]);
  await Deno.remove(join(desk.directory, "a.yaml"));
  assert.deepEqual(await desk.sources(), ["default/a 9m"]);
});

deskTest("keeps an object that moves to another file", async (desk) => {
  await desk.write("a.yaml", source("a"));
  const before = (await desk.folder.scan()).sources.get("default/a")!;
  await Deno.rename(join(desk.directory, "a.yaml"), join(desk.directory, "z.yaml"));
  const after = (await desk.folder.scan()).sources.get("default/a")!;
  assert.deepEqual(after.value, before.value);
  assert.match(after.file, /z\.yaml$/);
});

deskTest("keeps everything while the directory cannot be listed", async (desk) => {
  await desk.write("deep/a.yaml", source("a"));
  await desk.sources();
  const away = `${desk.directory}-away`;
  await Deno.rename(desk.directory, away);
  assert.deepEqual(await desk.sources(), ["default/a 5m"]);
  assert.deepEqual(desk.told, [
    `${desk.directory}: cannot be listed: no such file or directory`,
  ]);
  await Deno.rename(away, desk.directory);
  await Deno.remove(join(desk.directory, "deep"), { recursive: true });
  assert.deepEqual(await desk.sources(), []);
});

deskTest("follows links to files and reports what is no file", async (desk) => {
  await desk.write("..data/a.yaml", source("a"));
  await Deno.symlink("..data/a.yaml", join(desk.directory, "a.yaml"));
  await Deno.symlink(".", join(desk.directory, "loop"));
  await Deno.symlink("/dev/zero", join(desk.directory, "zero.yaml"));
  assert.deepEqual(await desk.sources(), ["default/a 5m"]);
  assert.deepEqual(desk.told, ["zero.yaml: cannot be read: it is not a regular file"]);
});
