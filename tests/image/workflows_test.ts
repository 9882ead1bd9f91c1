import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { runCommand } from "../run_command.ts";
import { parseDockerfile } from "./dockerfile.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (name: string) => Deno.readTextFileSync(join(root, name));
const directory = ".github/workflows";

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly uses?: string;
  readonly needs?: string | readonly string[];
  readonly steps?: readonly Step[];
  readonly permissions?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: { readonly include?: readonly { target: string }[] } };
  readonly "timeout-minutes"?: number;
}

interface Workflow {
  readonly file: string;
  readonly text: string;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const workflows: readonly Workflow[] = [...Deno.readDirSync(join(root, directory))]
  .map(({ name }) => {
    const text = read(join(directory, name));
    return { file: name, text, ...parse(text) };
  });

const jobs = workflows.flatMap(({ file, jobs }) =>
  Object.entries(jobs).map(([name, job]) => ({ file, name, job }))
);
const steps = jobs.flatMap(({ file, name, job }) =>
  (job.steps ?? []).map((step) => ({ where: `${file} ${name}`, step }))
);
const scripts = steps.flatMap(({ where, step: { run } }) =>
  run === undefined ? [] : { where, run }
);

const stages = parseDockerfile(read("Dockerfile")).map(({ name }) => name);

Deno.test("workflows use actions of one commit each, and name the version beside it", () => {
  const used = workflows.flatMap(({ text }) => text.match(/uses: .*/g) ?? []);
  assert.ok(used.length > 5);
  for (const each of used) {
    assert.match(each, /^uses: (\.\/\S+|[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/);
  }
});

Deno.test("workflows may read the repository, and more only where a release writes", () => {
  for (const { file, permissions } of workflows) {
    assert.deepEqual(permissions, { contents: "read" }, file);
  }
  const writers = jobs.filter(({ job }) =>
    Object.values(job.permissions ?? {}).some((right) => right === "write")
  );
  assert.deepEqual(writers.map(({ file, name }) => `${file} ${name}`), [
    ...["release.yaml images", "release.yaml chart", "release.yaml binaries"],
  ]);
  for (const { where, step } of steps) {
    if (!step.uses?.startsWith("actions/checkout@")) continue;
    assert.equal(step.with?.["persist-credentials"], false, where);
  }
});

Deno.test("workflows end by themselves and wait for jobs that exist", () => {
  for (const { file, name, job } of jobs) {
    if (!job.uses) assert.ok((job["timeout-minutes"] ?? 0) > 0, `${file} ${name}`);
    const names = Object.keys(workflows.find((each) => each.file === file)?.jobs ?? {});
    for (const needed of [job.needs ?? []].flat()) assert.ok(names.includes(needed), needed);
    if (job.uses) Deno.statSync(join(root, job.uses));
  }
});

Deno.test("workflows name no registry: what they push is what the chart names", () => {
  for (const { file, text } of workflows) {
    assert.doesNotMatch(text, /\b(ghcr|gcr|quay|docker|index\.docker)\.io\b/, file);
  }
  const values = parse(read("chart/values.yaml"));
  assert.match(values.image.repository, /^[^/]+\.[^/]+\/.+\/flux-externalsource-controller$/);
  assert.match(values.controller.hookExecutor.image.repository, /\/externalsource-hook-executor$/);
  const { version, appVersion } = parse(read("chart/Chart.yaml"));
  assert.deepEqual([version, appVersion], Array(2).fill(JSON.parse(read("deno.json")).version));
});

Deno.test("a release pushes the images of both last stages", () => {
  const included = jobs.flatMap(({ job }) => job.strategy?.matrix.include ?? []);
  assert.deepEqual(included.map(({ target }) => target), stages.slice(-2));
});

Deno.test("scripts of workflows are shell, and name tasks, stages and files that exist", async () => {
  assert.ok(scripts.length > 5);
  const { tasks } = JSON.parse(read("deno.json"));
  for (const { where, run } of scripts) {
    const shell = run.replaceAll(/\$\{\{.*?\}\}/g, "x");
    assert.equal(shell, run, `${where} puts an expression into a script`);
    await runCommand("bash", { args: ["-n", "-c", run] });
    for (const [, task = ""] of run.matchAll(/deno task (\w+)/g)) assert.ok(tasks[task], task);
    for (const [path] of run.matchAll(/\b(tests|chart|src)\/[\w/.-]+|\.ci\/run/g)) {
      Deno.statSync(join(root, path));
    }
    const targets = /for target in ([\w ]+);/.exec(run)?.[1]?.split(" ") ?? [];
    for (const target of targets) assert.ok(stages.includes(target), target);
  }
});

Deno.test("what is built with Deno is built with one version of it", () => {
  const texts = [read("Dockerfile"), read(".ci/run"), ...workflows.map(({ text }) => text)];
  const versions = texts.join("\n").matchAll(/(?:deno[:@]|deno_version=)(\d+\.\d+\.\d+)/g);
  const [first, ...others] = [...new Set([...versions].map(([, version]) => version))];
  assert.match(first ?? "", /^2\.\d+\.\d+$/);
  assert.deepEqual(others, []);
});
