import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../run_command.ts";
import type { TestCluster } from "./test_cluster.ts";

const script = fileURLToPath(new URL("../cluster/make-distroless.sh", import.meta.url));
const source = fileURLToPath(new URL("go_stand_in", import.meta.url));

/** Repositories of what stands in for the images of the Go implementation, and their tags by the default of its chart. */
export const goImages = {
  manager: { repository: "registry.test/go-controller", tag: "0.2.0", path: "/manager" },
  executor: {
    repository: "registry.test/go-hook-executor",
    tag: "latest",
    path: "/app/externalsource-hook-executor",
  },
} as const;

/** Builds the stand-in and puts it into the nodes. */
export async function loadGoImages(cluster: TestCluster): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "e2e-go-" });
  const executable = join(directory, "stand-in");
  try {
    await runCommand("go", {
      args: ["build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", executable, "."],
      cwd: source,
      env: { CGO_ENABLED: "0", GOWORK: "off" },
    });
    const archives: string[] = [];
    for (const { repository, tag, path } of Object.values(goImages)) {
      const archive = join(directory, `${archives.length}.tar`);
      await runCommand(script, { args: [archive, `${repository}:${tag}`, executable, path] });
      archives.push(archive);
    }
    await cluster.load(archives);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
