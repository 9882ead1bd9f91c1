import assert from "node:assert/strict";
import { join } from "node:path";
import { ownerMarkName } from "../../src/store/owner_mark.ts";
import { startControlPlane } from "../cluster/control_plane.ts";
import { type ControllerProcess, startController } from "./controller_process.ts";
import { eventually } from "./eventually.ts";
import { limitedKubeconfig } from "./limited_kubeconfig.ts";

const withinMs = 30_000;
const mark = ownerMarkName({ namespace: "", labels: "" });

/** A volume with an old artifact of a source that no cluster has. */
class Volume implements AsyncDisposable {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async create(): Promise<Volume> {
    const volume = new Volume(await Deno.makeTempDir({ prefix: "volume-" }));
    await volume.orphan();
    return volume;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#directory, { recursive: true });
  }

  get #orphanFile(): string {
    return join(this.#directory, "artifacts/team/gone", `${"a".repeat(64)}.tar.gz`);
  }

  async orphan(): Promise<void> {
    await Deno.mkdir(join(this.#directory, "artifacts/team/gone"), { recursive: true });
    await Deno.writeTextFile(this.#orphanFile, "old");
    await Deno.utime(this.#orphanFile, 1, 1);
  }

  hasOrphan(): Promise<boolean> {
    return Deno.stat(this.#orphanFile).then(() => true, () => false);
  }

  readMark(): Promise<string> {
    return Deno.readTextFile(join(this.#directory, mark));
  }

  /** Runs the real program over it. */
  async run(
    kubeconfig: string,
    args: readonly string[],
    story: (controller: ControllerProcess) => Promise<void>,
  ): Promise<void> {
    const env = { STORAGE_BACKEND: "pvc", PVC_STORAGE_PATH: this.#directory };
    const controller = await startController({ kubeconfig, env, args });
    try {
      await story(controller);
    } finally {
      assert.equal((await controller.end("SIGTERM")).code, 0, controller.log());
    }
  }

  async sweptBy(kubeconfig: string, ...args: string[]): Promise<void> {
    await this.run(kubeconfig, args, async ({ log }) => {
      await eventually(async () => !(await this.hasOrphan()), { withinMs, what: "the sweep" });
      assert.doesNotMatch(log(), /no artifact is swept/);
    });
  }

  async refusedBy(kubeconfig: string, why: RegExp): Promise<void> {
    await this.run(kubeconfig, [], async ({ log }) => {
      await eventually(() => why.test(log()), { withinMs, what: `a line like ${why}` });
      assert.match(log(), /no artifact is swept or collected/);
    });
    assert.equal(await this.hasOrphan(), true);
  }
}

Deno.test("a volume is swept by the cluster whose mark it bears, or that adopts it", async () => {
  await using volume = await Volume.create();
  const planes = await Promise.all([startControlPlane(), startControlPlane()]);
  const [one, other] = planes.map(({ kubeconfig }) => kubeconfig) as [string, string];
  try {
    await volume.sweptBy(one);
    const first = await volume.readMark();
    await volume.orphan();
    await volume.refusedBy(other, /mark of another cluster .*--store-adopt/);
    assert.equal(await volume.readMark(), first);
    await volume.sweptBy(other, "--store-adopt");
    assert.notEqual(await volume.readMark(), first);
    await volume.orphan();
    await volume.refusedBy(one, /mark of another cluster/);
    await volume.refusedBy(other, /is used by another cluster too.*--store-adopt/);
    await volume.sweptBy(other, "--store-adopt");
    await volume.orphan();
    await volume.sweptBy(other);
  } finally {
    await Promise.all(planes.map((plane) => plane.close()));
  }
});

Deno.test("a controller that may not read its cluster's name sweeps nothing, and says why", async () => {
  await using volume = await Volume.create();
  const plane = await startControlPlane();
  const file = await Deno.makeTempFile({ prefix: "limited-" });
  try {
    const resources = ["configmaps", "secrets", "events"];
    await limitedKubeconfig(plane, file, { resources });
    await volume.refusedBy(file, /Namespace \\?"kube-system\\?".*403/);
  } finally {
    await Deno.remove(file);
    await plane.close();
  }
});
