import { join } from "node:path";
import { runCommand } from "../run_command.ts";

/** The paths of the Go programs that our server is measured with. */
export interface Peers {
  readonly fileserver: string;
  readonly load: string;
}

/** Builds them; Go's own cache makes all but the first time quick. */
export async function buildPeers(): Promise<Peers> {
  const home = Deno.env.get("XDG_CACHE_HOME") || join(Deno.env.get("HOME") ?? "/", ".cache");
  const folder = join(home, "externalsource-controller", "bench");
  await Deno.mkdir(folder, { recursive: true });
  const cwd = new URL("peers", import.meta.url).pathname;
  const env = { CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-mod=readonly -trimpath" };
  await runCommand("go", { args: ["build", "-buildvcs=false", "-o", folder, "./..."], cwd, env });
  return { fileserver: join(folder, "fileserver"), load: join(folder, "load") };
}
