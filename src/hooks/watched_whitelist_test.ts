import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { WatchedWhitelist } from "./watched_whitelist.ts";

const jq = "commands:\n  jq: { allowed: true }\n";
const yq = "commands:\n  yq: { allowed: true }\n";

/** A mounted ConfigMap: `whitelist.yaml` is a link through `..data`, which the kubelet renames over. */
class MountedConfigMap implements AsyncDisposable {
  readonly directory = Deno.makeTempDirSync();
  readonly file = `${this.directory}/whitelist.yaml`;
  #generation = 0;

  async swap(text: string): Promise<void> {
    const generation = `..2026_01_01_00_00_0${this.#generation++}`;
    const before = await Deno.readLink(`${this.directory}/..data`).catch(() => undefined);
    await Deno.mkdir(`${this.directory}/${generation}`);
    await Deno.writeTextFile(`${this.directory}/${generation}/whitelist.yaml`, text);
    await Deno.symlink(generation, `${this.directory}/..data_tmp`);
    await Deno.rename(`${this.directory}/..data_tmp`, `${this.directory}/..data`);
    if (before === undefined) await Deno.symlink("..data/whitelist.yaml", this.file);
    else await Deno.remove(`${this.directory}/${before}`, { recursive: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Deno.remove(this.directory, { recursive: true });
  }
}

/** Opens a file on a clock that stands still, and waits for what is told. */
class Watching {
  readonly clock = new ManualClock();
  readonly told: string[] = [];
  #next = Promise.withResolvers<void>();

  open(file: string): Promise<WatchedWhitelist> {
    const tell = (what: string) => {
      this.told.push(what);
      this.#next.resolve();
    };
    return WatchedWhitelist.open({
      file,
      clock: this.clock,
      onChange: () => tell("change"),
      onProblem: (problem) => tell(problem.replace(file, "FILE")),
      onWarning: ({ message }) => tell(message),
    });
  }

  /** Lets the two seconds of the contract begin, and waits until something is told. */
  async untilTold(): Promise<void> {
    this.#next = Promise.withResolvers();
    await this.clock.advance(1_000);
    await this.#next.promise;
  }
}

function allows(whitelist: WatchedWhitelist, command: string): boolean | undefined {
  return whitelist.current()?.check({ command, args: [], env: {} }).allowed;
}

Deno.test("WatchedWhitelist.current() follows the swap of a mounted ConfigMap", async () => {
  await using mounted = new MountedConfigMap();
  await mounted.swap(jq);
  const watching = new Watching();
  await using whitelist = await watching.open(mounted.file);
  assert.equal(allows(whitelist, "jq"), true);
  const before = whitelist.current()?.hash;
  await mounted.swap(yq);
  await watching.untilTold();
  assert.deepEqual([allows(whitelist, "jq"), allows(whitelist, "yq")], [false, true]);
  assert.notEqual(whitelist.current()?.hash, before);
  assert.deepEqual(watching.told, ["change", "change"]);
});

Deno.test("WatchedWhitelist.current() stays what it was when a bad file comes, which is told once", async () => {
  await using mounted = new MountedConfigMap();
  await mounted.swap(jq);
  const watching = new Watching();
  await using whitelist = await watching.open(mounted.file);
  await mounted.swap("commands:\n  jq: 1\n  yq: { path: 1 }\n");
  await watching.untilTold();
  const problem =
    'cannot use the whitelist "FILE": line 2: commands.jq: must be a map of fields (and 1 more)';
  assert.equal(allows(whitelist, "jq"), true);
  assert.equal(whitelist.problem()?.replace(mounted.file, "FILE"), problem);
  await mounted.swap("- nothing");
  await watching.untilTold();
  await mounted.swap(yq);
  await watching.untilTold();
  assert.deepEqual(watching.told, [
    "change",
    `${problem}; the one before stays in force`,
    'cannot use the whitelist "FILE": line 1: commands: is required; the one before stays in force',
    "change",
  ]);
  assert.equal(whitelist.problem(), undefined);
  assert.equal(allows(whitelist, "yq"), true);
});

Deno.test("WatchedWhitelist.current() is undefined while there is no file or directory", async () => {
  const directory = await Deno.makeTempDir();
  const file = `${directory}/later/whitelist.yaml`;
  const watching = new Watching();
  await using whitelist = await watching.open(file);
  assert.equal(whitelist.current(), undefined);
  await Deno.mkdir(`${directory}/later`);
  await Deno.writeTextFile(file, jq);
  await watching.untilTold();
  assert.equal(allows(whitelist, "jq"), true);
  await Deno.remove(directory, { recursive: true });
  await watching.untilTold();
  assert.equal(whitelist.current(), undefined);
  const missing = 'cannot read the whitelist "FILE": no such file or directory; no hook can run';
  assert.deepEqual(watching.told, [missing, "change", "change", missing]);
});

Deno.test("WatchedWhitelist takes no file that is not text, too large or none at all", async () => {
  const directory = await Deno.makeTempDir();
  const file = `${directory}/whitelist.yaml`;
  const states: [string, () => Promise<void>][] = [
    ["it is not UTF-8 text", () => Deno.writeFile(file, new Uint8Array([0xff]))],
    [
      "it has 1048577 bytes, at most 1048576 are read",
      () => Deno.writeFile(file, new Uint8Array(1_048_577)),
    ],
    ["it is not a regular file", async () => {
      await Deno.remove(file);
      await Deno.mkdir(file);
    }],
  ];
  for (const [state, make] of states) {
    await make();
    const watching = new Watching();
    await using whitelist = await watching.open(file);
    assert.equal(whitelist.current(), undefined);
    assert.deepEqual(watching.told, [
      `cannot read the whitelist "FILE": ${state}; no hook can run`,
    ]);
  }
  await Deno.remove(directory, { recursive: true });
});

Deno.test("WatchedWhitelist.close() leaves no timer", async () => {
  const watching = new Watching();
  const whitelist = await watching.open("/no/such/file");
  assert.equal(watching.clock.pending, 1);
  await watching.clock.advance(1_000);
  await whitelist.close();
  assert.equal(watching.clock.pending, 0);
});
