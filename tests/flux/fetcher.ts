import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../run_command.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const sources = ["go.mod", "go.sum", "main.go"];

/** An artifact and the one file that must come out of it. */
export interface ExpectedArtifact {
  readonly url: string;
  /** `sha256:` of the tar.gz. */
  readonly digest: string;
  readonly path: string;
  /** Permission bits: `0o644`. */
  readonly mode: number;
  /** Lower-case hex, of the file. */
  readonly sha256: string;
  /** Bytes of the file. */
  readonly size: number;
}

/** The folder that outlives checkouts; the scripts of tests/cluster have the same. */
function cacheFolder(): string {
  const bin = Deno.env.get("KUBE_BIN");
  if (bin) return join(bin, "..");
  const home = Deno.env.get("XDG_CACHE_HOME") || join(Deno.env.get("HOME") ?? "/", ".cache");
  return join(home, "externalsource-controller");
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Builds Flux's fetcher if these sources were not built yet, and says where it is. */
export async function buildFetcher(): Promise<string> {
  const hash = createHash("sha256");
  for (const name of sources) hash.update(await Deno.readFile(join(here, name)));
  const folder = join(cacheFolder(), "flux-fetcher");
  const program = join(folder, hash.digest("hex").slice(0, 16));
  if (await exists(program)) return program;
  await Deno.mkdir(folder, { recursive: true });
  // Two builds at once both succeed: a rename leaves one whole program.
  const built = await Deno.makeTempFile({ dir: folder });
  const env = { CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-mod=readonly -trimpath" };
  await runCommand("go", { args: ["build", "-buildvcs=false", "-o", built, "."], cwd: here, env });
  await Deno.rename(built, program);
  return program;
}

/**
 * Lets Flux's own code download, verify and extract artifacts, as a stock kustomize-controller does.
 *
 * @returns for each, in order, what went wrong or differs, or undefined
 */
export async function fetchWithFlux(
  artifacts: readonly ExpectedArtifact[],
): Promise<readonly (string | undefined)[]> {
  const stdin = artifacts.map((artifact) => `${JSON.stringify(artifact)}\n`).join("");
  const output = await runCommand(await buildFetcher(), { stdin });
  return output.split("\n").map((line) => (JSON.parse(line) as { error?: string }).error);
}
