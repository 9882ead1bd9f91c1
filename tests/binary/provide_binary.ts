import { join } from "node:path";
import { compileBinary, RuntimeMissingError } from "./compile_binary.ts";
import { type BakedPermissions, type EmbeddedBinary, readBinary } from "./embedded_binary.ts";

/** The program as it is shipped, or as near to it as this machine comes. */
export interface ProvidedBinary extends AsyncDisposable {
  /** What of it is looked at, for names and reports. */
  readonly how: "the binary" | "the embedded bundle, run by deno with the flags that were baked in";
  readonly embedded: EmbeddedBinary;
  /** What starts it; its arguments follow. */
  readonly command: readonly string[];
}

/**
 * Compiles the binary. Where Deno's runtime for binaries cannot be had, Deno itself takes its place: that shows what is put
 * in, but does not run it, so the bundle is taken out again and run with exactly the flags that came with it.
 */
export async function provideBinary(version: string): Promise<ProvidedBinary> {
  const directory = await Deno.makeTempDir({ prefix: "binary-" });
  const release = { [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }) };
  const output = join(directory, "externalsource-controller");
  try {
    await compileBinary({ output, version });
    const embedded = await readBinary(output);
    return { how: "the binary", embedded, command: [output], ...release };
  } catch (error) {
    if (!(error instanceof RuntimeMissingError)) throw error;
  }
  await compileBinary({ output, version, runtime: Deno.execPath() });
  const embedded = await readBinary(output);
  const bundle = join(directory, "externalsource-controller.mjs");
  await Deno.writeTextFile(bundle, embedded.entrypoint);
  await Deno.remove(output);
  const command = [Deno.execPath(), "run", "--quiet", ...flagsOf(embedded), bundle];
  const how = "the embedded bundle, run by deno with the flags that were baked in";
  return { how, embedded, command, ...release };
}

/** The flags of `deno run` that mean what was baked in. */
export function flagsOf(
  { permissions, v8Flags }: Pick<EmbeddedBinary, "permissions" | "v8Flags">,
): readonly string[] {
  return [
    ...(permissions["prompt"] === false ? ["--no-prompt"] : []),
    ...Object.entries(permissions).flatMap(permissionFlag),
    `--v8-flags=${v8Flags.filter((flag) => flag.startsWith("--")).join(",")}`,
  ];
}

function permissionFlag([name, value]: [string, BakedPermissions[string]]): readonly string[] {
  if (!Array.isArray(value)) return [];
  const flag = `--${name.replaceAll("_", "-")}`;
  return [value.length === 0 ? flag : `${flag}=${value.join(",")}`];
}
