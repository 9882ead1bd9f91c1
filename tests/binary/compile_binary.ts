import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../run_command.ts";
import { binaryFlags } from "./binary_flags.ts";
import { buildVersion } from "./build_version.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a binary can be built for, in the words of its users and of Deno. */
export const targets = {
  "linux-x64": "x86_64-unknown-linux-gnu",
  "linux-arm64": "aarch64-unknown-linux-gnu",
  "macos-x64": "x86_64-apple-darwin",
  "macos-arm64": "aarch64-apple-darwin",
} as const;

/** A name of {@linkcode targets}. */
export type Target = keyof typeof targets;

/** How a binary is made. */
export interface CompileOptions {
  /** @default this machine */
  readonly target?: Target;
  /** Path of the binary. */
  readonly output: string;
  readonly version: string;
  /** A file to use in place of the runtime, for looking at what is put into it. */
  readonly runtime?: string;
}

/** Deno's runtime for binaries, `denort`, could not be had: that is no fault of the program. */
export class RuntimeMissingError extends Error {
  override readonly name = "RuntimeMissingError";
}

/**
 * Compiles `src/main.ts` with all it imports, out of a copy of the source whose `deno.json` says the version.
 *
 * @throws {RuntimeMissingError}
 * @throws {Error} with what Deno says
 */
export async function compileBinary(options: CompileOptions): Promise<void> {
  const { target, output, version, runtime } = options;
  const source = await Deno.makeTempDir({ prefix: "compile-" });
  try {
    await copySource(source, version);
    const args = [
      ...["compile", "--quiet", "--frozen", "--no-check", "--bundle", "--minify", ...binaryFlags],
      ...(target ? ["--target", targets[target]] : []),
      ...["--output", output, "src/main.ts"],
    ];
    const env = { NO_COLOR: "1", ...(runtime === undefined ? {} : { DENORT_BIN: runtime }) };
    await runCommand(Deno.execPath(), { args, env, cwd: source });
  } catch (error) {
    throw missingRuntime(error, target ?? "this machine") ?? error;
  } finally {
    await Deno.remove(source, { recursive: true });
  }
}

function missingRuntime(error: unknown, target: string): RuntimeMissingError | undefined {
  const text = error instanceof Error ? error.message : "";
  if (!/base binary|denort/.test(text)) return undefined;
  return new RuntimeMissingError(
    `Cannot compile for ${target}: denort ${Deno.version.deno}, Deno's runtime for binaries, cannot be downloaded; ` +
      "compile where it can be, or name a copy of it in DENORT_BIN",
    { cause: error },
  );
}

/** The version of this checkout's next build. */
export async function checkoutVersion(): Promise<string> {
  const git = (...args: readonly string[]) => runCommand("git", { args, cwd: root });
  const { version } = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
  const commit = await git("rev-parse", "--short=12", "HEAD").catch(() => "");
  if (commit === "") return version;
  const tags = (await git("tag", "--points-at", "HEAD")).split("\n");
  const changes = await git("status", "--porcelain", "--untracked-files=no", "src", "deno.json");
  return buildVersion(version, { commit, tags, isChanged: changes !== "" });
}

async function copySource(to: string, version: string): Promise<void> {
  await runCommand("cp", { args: ["-R", join(root, "src"), join(root, "deno.lock"), to] });
  const config = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
  const { name, exports, imports, compilerOptions } = config;
  const kept = { name, version, exports, imports, compilerOptions };
  await Deno.writeTextFile(join(to, "deno.json"), JSON.stringify(kept));
}
