import { join } from "node:path";
import { runCommand } from "../../../src/cli/run_command.ts";
import type { Built } from "./built.ts";

/**
 * What `build --whitelist` makes of a source, in this process.
 *
 * @param folder for the archive
 * @throws {Error} with what it has printed on standard error
 */
export async function buildInProcess(
  file: string,
  { whitelist, folder }: { readonly whitelist: string; readonly folder: string },
): Promise<Built> {
  let out = "";
  let err = "";
  const archive = join(folder, "built.tar.gz");
  const code = await runCommand({
    arguments: ["build", file, `--whitelist=${whitelist}`, `--output=${archive}`],
    environment: {},
    signal: new AbortController().signal,
    print: (text) => out += text,
    printError: (text) => err += text,
    drop: () => {},
  });
  if (code !== 0) throw new Error(err);
  const { stdout } = await new Deno.Command("tar", { args: ["-xzOf", archive] }).output();
  const field = (name: string) => new RegExp(`^${name} +(\\S+)$`, "m").exec(out)?.[1] ?? "";
  return { document: stdout, digest: field("digest"), revision: field("revision") };
}
