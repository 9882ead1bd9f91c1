import assert from "node:assert/strict";
import { join } from "node:path";
import { WatchRecorder } from "../../../tests/contract/watch_recorder.ts";
import { ManualClock } from "../../../tests/manual_clock.ts";
import type { FileProblem } from "./file_problem.ts";
import { LocalObjects } from "./local_objects.ts";
import { NotFoundError } from "../objects.ts";

const namespace = "default";
const a = { namespace, name: "a" };
const source = (name: string, annotation = "") =>
  `apiVersion: source.flux.oddkin.co/v1alpha1
kind: ExternalSource
metadata:
  name: ${name}
  annotations: {${annotation}}
spec:
  interval: often
`;

interface Desk {
  readonly directory: string;
  readonly clock: ManualClock;
  readonly problems: FileProblem[];
  readonly objects: LocalObjects;
}

function deskTest(name: string, body: (desk: Desk) => Promise<void>): void {
  Deno.test(`LocalObjects ${name}`, async () => {
    const directory = await Deno.makeTempDir();
    const [clock, problems] = [new ManualClock(), []] as [ManualClock, FileProblem[]];
    try {
      await body({ directory, clock, problems, objects: open({ directory, clock, problems }) });
      assert.equal(clock.pending, 0, "a timer was left behind");
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
}

function open({ directory, clock, problems }: Omit<Desk, "objects">): LocalObjects {
  return new LocalObjects({
    directory,
    clock,
    checkSpec: () => [{ path: ["interval"], message: "must match ^x$" }],
    onProblem: (problem) => problems.push(problem),
    onEvent: () => {},
  });
}

async function artifactFor(objects: LocalObjects) {
  const { metadata } = (await objects.readSource(a))!;
  const owner = { apiVersion: "x/v1", kind: "ExternalSource", name: "a", uid: metadata.uid };
  return { ...a, labels: {}, annotations: {}, ownerReferences: [owner], spec: {} };
}

deskTest("deletes the ExternalArtifact of a deleted source", async ({ directory, objects }) => {
  const file = join(directory, "a.yaml");
  await Deno.writeTextFile(file, source("a"));
  const wanted = await artifactFor(objects);
  await objects.createArtifact(wanted);
  await Deno.remove(file);
  assert.equal(await objects.readArtifact(a), undefined);
  await assert.rejects(objects.createArtifact(wanted), (error) => error instanceof NotFoundError);
});

deskTest("gives a source the same uid after a restart, and no other source's", async (desk) => {
  await Deno.writeTextFile(join(desk.directory, "a.yaml"), `${source("a")}---\n${source("b")}`);
  const [first, again] = [await desk.objects.readSource(a), await open(desk).readSource(a)];
  const other = await desk.objects.readSource({ namespace, name: "b" });
  assert.equal(first?.metadata.uid, again?.metadata.uid);
  assert.notEqual(first?.metadata.uid, other?.metadata.uid);
  assert.equal(first?.metadata.creationTimestamp, "2026-01-01T00:00:00Z");
});

deskTest("knows where a field stands and reports a wrong spec there, once", async (desk) => {
  const { directory, objects, problems } = desk;
  const file = join(directory, "a.yaml");
  await Deno.writeTextFile(file, source("a"));
  await objects.readSource(a);
  await objects.readSource(a);
  assert.deepEqual(problems, [{ file, line: 7, message: "spec.interval: must match ^x$" }]);
  assert.equal(objects.locationOf(a, ["spec", "interval"]), `${file}:7`);
  assert.equal(objects.locationOf({ namespace, name: "b" }, []), undefined);
});

deskTest("tells changes of the directory after the debounce only", async (desk) => {
  const { directory, clock, objects } = desk;
  const watch = new WatchRecorder({ objects, namespace });
  await watch.synced();
  const rescans = clock.pending;
  await Deno.writeTextFile(join(directory, "a.yaml"), source("a"));
  await watch.until(() => clock.pending > rescans, "the change was noticed");
  assert.equal(objects.sources.size, 0);
  await clock.advance(1_000);
  await watch.source("a");
  await Deno.writeTextFile(join(directory, "a.yaml"), source("a", "requested: now"));
  await watch.until(() => clock.pending > rescans, "the change was noticed");
  await clock.advance(1_000);
  const now = await watch.source("a", ({ metadata }) => metadata.annotations?.requested === "now");
  assert.equal(now.metadata.generation, 1);
  await watch.stop();
});

deskTest("reads a directory that cannot be watched from time to time", async (desk) => {
  const { directory, clock, objects, problems } = desk;
  await Deno.remove(directory);
  const watch = new WatchRecorder({ objects, namespace });
  await watch.synced();
  assert.deepEqual(problems.map(({ file, message }) => [file, message]), [
    [directory, "cannot be watched: no such file or directory; it is read every 10 s instead"],
    [directory, "cannot be listed: no such file or directory"],
  ]);
  await Deno.mkdir(directory);
  await Deno.writeTextFile(join(directory, "a.yaml"), source("a"));
  await clock.advance(10_000);
  await watch.source("a");
  await watch.stop();
});
