import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readBinary } from "../binary/embedded_binary.ts";
import { runCommand } from "../run_command.ts";
import { copiesOf, isInContext, onlyInstruction, parseDockerfile } from "./dockerfile.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (name: string) => Deno.readTextFileSync(join(root, name));
const [stages, dockerignore] = [parseDockerfile(read("Dockerfile")), read(".dockerignore")];

const stage = (wanted: string) => {
  const found = stages.find(({ name }) => name === wanted);
  if (!found) throw new RangeError(`There is no stage "${wanted}"`);
  return found;
};
const labelsOf = (name: string) => onlyInstruction(stage(name), "LABEL") ?? "";

Deno.test("the Dockerfile begins with images of named versions and names no registry", () => {
  assert.deepEqual(stages.map(({ name }) => name), [
    ...["yq", "binary", "rootfs", "controller", "hooks"],
  ]);
  for (const { from } of stages) {
    if (from === "scratch") continue;
    assert.match(from, /^([a-z0-9-]+\/)?[a-z0-9-]+:[a-z0-9.-]+$/);
    assert.doesNotMatch(from, /:latest$/);
  }
});

Deno.test("the Dockerfile copies only what is there, and what an earlier stage has", () => {
  for (const [index, each] of stages.entries()) {
    for (const { from, sources } of copiesOf(each)) {
      if (from !== undefined) {
        assert.ok(stages.slice(0, index).some(({ name }) => name === from), from);
        continue;
      }
      for (const source of sources) {
        assert.ok(isInContext(dockerignore, source), `${source} is not in the context`);
        Deno.statSync(join(root, source));
      }
    }
  }
});

Deno.test("the controller's image has no shell, runs as nobody, and is what both programs of Go are called", () => {
  const controller = stage("controller");
  assert.equal(controller.from, "scratch");
  assert.equal(onlyInstruction(controller, "RUN"), undefined);
  assert.equal(onlyInstruction(controller, "USER"), "65532:65532");
  assert.equal(onlyInstruction(controller, "ENTRYPOINT"), '["/manager"]');
  assert.ok(copiesOf(controller).some(({ target }) => target === "/manager"));
  const rootfs = stage("rootfs").instructions.at(-1)?.text ?? "";
  assert.match(rootfs, / ln -s \/manager \/rootfs\/app\/externalsource-hook-executor$/);
});

Deno.test("the executor's image has an init, runs as nobody, and is what both programs of Go are called", () => {
  const hooks = stage("hooks");
  assert.equal(onlyInstruction(hooks, "USER"), "65532:65532");
  assert.match(onlyInstruction(hooks, "ENTRYPOINT") ?? "", /^\["\/usr\/bin\/tini", "--", /);
  const links = hooks.instructions.map(({ text }) => text).join("\n");
  assert.match(links, /ln -s \S+ \/app\/externalsource-hook-executor && ln -s \S+ \/manager$/m);
});

Deno.test("both images say what they are, and bring a place for documents on their way", () => {
  const titles = {
    controller: "flux-externalsource-controller",
    hooks: "externalsource-hook-executor",
  };
  const { version } = JSON.parse(read("deno.json"));
  for (const [name, title] of Object.entries(titles)) {
    assert.equal(onlyInstruction(stage(name), "ARG"), `VERSION=${version} REVISION`);
    assert.equal(onlyInstruction(stage(name), "VOLUME"), "/tmp");
    const labels = labelsOf(name);
    assert.ok(labels.includes(`org.opencontainers.image.title="${title}"`), labels);
    for (const each of ["description", "licenses", "version", "revision"]) {
      assert.ok(labels.includes(`org.opencontainers.image.${each}="`), each);
    }
  }
});

/** What a stage has of the context, in a directory of its own. */
async function copyContext(name: string): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "context-" });
  for (const { from, sources, target } of copiesOf(stage(name))) {
    if (from !== undefined) continue;
    for (const source of sources) {
      const to = target === "./" ? join(directory, source) : join(directory, target);
      await Deno.mkdir(dirname(to), { recursive: true });
      await runCommand("cp", { args: ["-R", join(root, source), to] });
    }
  }
  return directory;
}

Deno.test("the stage binary compiles for both architectures out of what it copies, as the version it is given", async () => {
  const directory = await copyContext("binary");
  const script = onlyInstruction(stage("binary"), "RUN") ?? "";
  const path = `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}`;
  try {
    for (const architecture of ["amd64", "arm64"]) {
      // Deno takes the place of its runtime, which not every machine can get.
      const given = { TARGETARCH: architecture, VERSION: "9.8.7", DENORT_BIN: Deno.execPath() };
      await runCommand("sh", {
        args: ["-euc", script],
        env: { ...given, PATH: path },
        cwd: directory,
      });
      const { entrypoint } = await readBinary(join(directory, "dist/externalsource-controller"));
      assert.ok(entrypoint.includes("9.8.7"), architecture);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("the root of the controller's image starts a program of Deno as nobody, holds no other, and is below 130 MB", async () => {
  const directory = await Deno.makeTempDir({ prefix: "rootfs-" });
  const cluster = join(root, "tests/cluster");
  const packages = /apt-get download (.*)$/.exec(stage("rootfs").instructions[1]?.text ?? "")?.[1];
  const script = `here=${cluster}; . "$here/env.sh"; for each in ${packages}; do deb "$each"; done`;
  try {
    const debs = (await runCommand("sh", { args: ["-euc", script] })).split("\n");
    await runCommand(join(root, "tests/image/make-rootfs.sh"), { args: [directory, ...debs] });
    for (const each of ["usr/bin", "usr/sbin"]) {
      assert.deepEqual([...Deno.readDirSync(join(directory, each))], []);
    }
    // Larger than the program: Deno has what its runtime has and more.
    await Deno.copyFile(Deno.execPath(), join(directory, "manager"));
    const size = await runCommand("du", { args: ["--bytes", "--summarize", directory] });
    assert.ok(Number.parseInt(size) < 130_000_000, size);
    const args = ["--userspec=65532:65532", directory, "/manager", "--version"];
    assert.match(await runCommand("chroot", { args, env: { HOME: "/home/nonroot" } }), /^deno /);
    const scanned = [...Deno.readDirSync(join(directory, "var/lib/dpkg/status.d"))];
    assert.deepEqual(scanned.map(({ name }) => name).sort(), packages?.split(" ").sort());
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
