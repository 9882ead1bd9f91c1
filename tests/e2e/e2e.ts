/**
 * `deno task e2e [--filter NAME]`: the packed program in pods of a real cluster, kind where Docker runs, otherwise a node of this machine,
 * which needs root. Builds or finds all that it needs, and ends with a line `N passed, N failed` and exit code 1 if any failed. With
 * E2E_DIR=DIRECTORY the cluster is left running there for the next time.
 */
import { provideGo } from "../cluster/provide_go.ts";
import { endWith, runPhase } from "../run_phase.ts";

await provideGo();
endWith([await runPhase({ args: [...Deno.args, "tests/e2e"] })]);
