import { runCommand } from "./cli/run_command.ts";
import { startProcess } from "./cli/start_process.ts";

if (import.meta.main) Deno.exit(await runCommand(startProcess()));
