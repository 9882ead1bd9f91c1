import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../run_command.ts";
import { buildPrograms } from "../cluster/build_programs.ts";

const clusterFolder = fileURLToPath(new URL("../cluster/", import.meta.url));

/**
 * The path of mikefarah's yq, which is built if it is not there. What the PATH has is not asked: Debian's package `yq` is
 * another program, of another language.
 *
 * @throws {Error} if what was built is not that yq
 */
export async function yqProgram(): Promise<string> {
  await buildPrograms(["yq"]);
  const script = `here=${clusterFolder}; . "$here/env.sh"; echo "$KUBE_BIN"`;
  const program = join(await runCommand("sh", { args: ["-c", script] }), "yq");
  const version = await runCommand(program, { args: ["--version"] });
  if (!/mikefarah\/yq\/\) version v4\./.test(version)) {
    throw new Error(`Cannot use ${program}: it says "${version}" and is not mikefarah's yq v4`);
  }
  return program;
}
