import assert from "node:assert/strict";
import { join } from "node:path";
import { watchFolder } from "./watch_folder.ts";

/** Ends as a failure of the test runner if `seen` never comes: a test must not hang. */
function within<T>(seen: Promise<T>, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`not seen: ${what}`)), 10_000);
  return Promise.race([seen, late.promise]).finally(() => clearTimeout(timer));
}

/** The next event of a watch of our own, by which we know that the system has told of a change. */
async function nextEvent(directory: string, change: () => Promise<void>): Promise<void> {
  const watcher = Deno.watchFs(directory);
  await change();
  await within(watcher[Symbol.asyncIterator]().next(), "a change below the directory");
  watcher.close();
}

async function watched(body: (directory: string, told: () => number) => Promise<void>) {
  const directory = await Deno.makeTempDir();
  const abort = new AbortController();
  let changes = 0;
  const watching = watchFolder(directory, {
    onChange: () => changes++,
    onFailure: (state) => assert.fail(state),
    signal: abort.signal,
  });
  try {
    await body(directory, () => changes);
  } finally {
    abort.abort();
    await watching;
    await Deno.remove(directory, { recursive: true });
  }
}

const touched = async (told: () => number, change: () => Promise<void>, what: string) => {
  const before = told();
  await change();
  const look = async () => {
    while (told() === before) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await within(look(), what);
};

Deno.test("watchFolder() tells of files written, renamed over, removed and in new directories", () =>
  watched(async (directory, told) => {
    const [file, copy] = [join(directory, "a.yaml"), join(directory, ".a.yaml.swp")];
    await touched(told, () => Deno.writeTextFile(file, "1"), "written");
    await Deno.writeTextFile(copy, "2");
    await touched(told, () => Deno.rename(copy, file), "renamed over");
    await touched(told, () => Deno.remove(file), "removed");
    await touched(told, () => Deno.mkdir(join(directory, "deep")), "a new directory");
    await touched(told, () => Deno.writeTextFile(join(directory, "deep", "b.yaml"), "1"), "deep");
    await touched(told, () => Deno.symlink("x", join(directory, "..data")), "..data");
  }));

Deno.test("watchFolder() tells nothing of our own artifacts", () =>
  watched(async (directory, told) => {
    const own = join(directory, ".externalsource");
    await nextEvent(directory, () => Deno.mkdir(own));
    await nextEvent(own, () => Deno.writeTextFile(join(own, "x.tar.gz"), "1"));
    assert.equal(told(), 0);
    const file = join(directory, "a.yaml");
    await touched(told, () => Deno.writeTextFile(file, "1"), "written");
  }));

Deno.test("watchFolder() says why it cannot watch and ends", async () => {
  const states: string[] = [];
  await watchFolder("/no/such/directory", {
    onChange: () => assert.fail("there is nothing to change"),
    onFailure: (state) => states.push(state),
    signal: new AbortController().signal,
  });
  assert.deepEqual(states, ["no such file or directory"]);
});

Deno.test("watchFolder() ends at once if it was aborted before", async () => {
  const directory = await Deno.makeTempDir();
  await watchFolder(directory, {
    onChange: () => {},
    onFailure: (state) => assert.fail(state),
    signal: AbortSignal.abort(),
  });
  await Deno.remove(directory);
});
