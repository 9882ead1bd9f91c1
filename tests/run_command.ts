/** What a program of {@linkcode runCommand} gets. */
export interface CommandOptions {
  readonly args?: readonly string[];
  /** Beside the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string;
}

/** Standard output of a program; throws with its standard error if it fails. */
export async function runCommand(program: string, options: CommandOptions = {}): Promise<string> {
  const { args = [], env = {}, cwd, stdin } = options;
  const child = new Deno.Command(program, {
    args: [...args],
    env: { ...env },
    ...(cwd === undefined ? {} : { cwd }),
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  if (stdin !== undefined) {
    await new Blob([stdin]).stream().pipeTo(child.stdin).catch(() => {
      // The program ended without reading all of it; its exit code says what there is to say.
    });
  }
  const { success, stdout, stderr } = await output;
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
  if (!success) throw new Error(`${program} ${args.join(" ")}: ${error || out}`);
  return out!;
}
