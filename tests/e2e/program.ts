import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ProvidedBinary } from "../binary/provide_binary.ts";
import { runCommand } from "../run_command.ts";

const launcher = fileURLToPath(new URL("launcher", import.meta.url));

/** The program as it goes into an image. */
export interface Program {
  /** What is started as `/manager` and `/app/externalsource-hook-executor`. */
  readonly executable: string;
  /** What it needs beside: paths in the image, and the files that go there. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * The binary itself; or, where a command of several words takes its place, a static program that becomes that command, because
 * the images have no shell.
 *
 * @param directory for what is built
 */
export async function imageProgram(
  { command }: Pick<ProvidedBinary, "command">,
  directory: string,
): Promise<Program> {
  const [deno, ...words] = command;
  if (deno === undefined) throw new Error("there is no command");
  const bundle = words.pop();
  if (bundle === undefined) return { executable: deno, files: {} };
  const inImage = ["/app/deno", ...words, join("/app", basename(bundle))];
  const executable = join(directory, "launcher");
  const linked = `-s -w -X 'main.command=${inImage.join(" ")}'`;
  await runCommand("go", {
    args: ["build", "-trimpath", "-buildvcs=false", "-ldflags", linked, "-o", executable, "."],
    cwd: launcher,
    env: { CGO_ENABLED: "0", GOWORK: "off" },
  });
  return { executable, files: { "/app/deno": deno, [inImage.at(-1)!]: bundle } };
}
