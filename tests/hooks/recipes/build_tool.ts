import { join } from "node:path";
import { runCommand } from "../../run_command.ts";

/**
 * Makes a program of its text in a folder.
 *
 * @param language `go`, or `sh` for a script
 */
export async function buildTool(
  folder: string,
  { name, language, text }: {
    readonly name: string;
    readonly language: string;
    readonly text: string;
  },
): Promise<void> {
  const program = join(folder, name);
  if (language === "sh") {
    await Deno.writeTextFile(program, text);
    return await Deno.chmod(program, 0o755);
  }
  if (language !== "go") throw new Error(`Cannot build "${name}": nothing here builds ${language}`);
  const source = join(folder, `${name}.go`);
  await Deno.writeTextFile(source, text);
  // As the fetcher of Flux is built, with which it shares what Go keeps of its own packages.
  const env = { CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-mod=readonly -trimpath" };
  await runCommand("go", {
    args: ["build", "-buildvcs=false", "-o", program, source],
    cwd: folder,
    env,
  });
}
