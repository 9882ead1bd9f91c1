import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { programDirectory } from "../cluster/build_programs.ts";
import { notRun } from "../docs/not_run.ts";
import { readBlocks } from "../docs/read_blocks.ts";
import { readCommands, type ShownCommand } from "../docs/read_commands.ts";
import { runCommand } from "../run_command.ts";
import type { E2eWorld } from "./e2e_world.ts";
import { imageNames } from "./images.ts";
import { untilGone } from "./leftovers.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = "docs/quickstart.md";

/** The released images, and those of these tests. */
const images: Readonly<Record<string, string>> = {
  "ghcr.io/oddkinco/flux-externalsource-controller:[^ ]*": imageNames.controller,
  "ghcr.io/oddkinco/externalsource-hook-executor:[^ ]*": imageNames.hooks,
  "busybox:1.37": imageNames.busybox,
};

/** A kubectl for this cluster, which puts the images of these tests in the place of those that are applied. */
function kubectlScript(kubectl: string, kubeconfig: string): string {
  const edits = Object.entries(images).map(([from, to]) => `-e 's|${from}|${to}|'`).join(" ");
  const real = `${kubectl} --kubeconfig ${kubeconfig}`;
  return `#!/bin/sh
set -eu
case "$1 $2" in
"apply -k") ${real} kustomize "$3" | sed ${edits} | ${real} apply -f - ;;
"apply -f") sed ${edits} "$3" | ${real} apply -f - ;;
*) exec ${real} "$@" ;;
esac
`;
}

async function shownCommands(): Promise<ShownCommand[]> {
  const blocks = readBlocks(page, await Deno.readTextFile(join(root, page)));
  const commands = blocks.filter(({ fence }) => fence === "sh" || fence === "console");
  // Line by line, so that what fails has a name.
  return commands.flatMap(readCommands).flatMap(({ script, output }) =>
    script.trim().replaceAll("\\\n", "").split("\n").map((line) => ({ script: line, output }))
  );
}

/** The page, from its first command to its last, but for what makes and removes the cluster and the images. */
export async function quickstartStory({ kube }: E2eWorld, test: Deno.TestContext): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "quickstart-" });
  try {
    const script = kubectlScript(join(await programDirectory(), "kubectl"), kube.kubeconfig);
    await Deno.writeTextFile(join(folder, "kubectl"), script, { mode: 0o755 });
    const env = { PATH: `${folder}:${Deno.env.get("PATH")}` };
    for (const { script, output } of await shownCommands()) {
      const isElsewhere = (start: string) => script.startsWith(start);
      if (Object.keys(notRun).some(isElsewhere) || isElsewhere("docker build")) continue;
      const done = await test.step(script, async () => {
        const printed = await runCommand("/bin/sh", { args: ["-euc", script], env, cwd: root });
        if (output !== "") assert.equal(printed, output);
      });
      assert.ok(done, script);
    }
    await untilGone(kube);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
