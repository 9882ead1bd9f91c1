/**
 * `deno task e2e [--filter NAME]`: the packed program in pods of a real cluster, kind where Docker runs, otherwise a node of this machine,
 * which needs root. Builds or finds all that it needs. With E2E_DIR=DIRECTORY the cluster is left running there for the next time.
 */
import { fileURLToPath } from "node:url";
import { provideGo } from "../cluster/provide_go.ts";

await provideGo();
const { code } = await new Deno.Command(Deno.execPath(), {
  args: [
    "test",
    "--allow-all",
    ...Deno.args,
    fileURLToPath(new URL("e2e_test.ts", import.meta.url)),
  ],
  stdout: "inherit",
  stderr: "inherit",
}).output();
Deno.exit(code);
