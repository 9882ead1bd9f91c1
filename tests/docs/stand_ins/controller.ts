import { commands } from "../../../src/cli/commands.ts";
import { controllerSettings } from "../../../src/cli/operator_settings.ts";
import { runCommand } from "../../../src/cli/run_command.ts";
import { parseSettings } from "../../../src/config/parse_settings.ts";
import { executorSettings } from "../../../src/config/settings/hook_executor_settings.ts";
import type { Settings } from "../../../src/core/setting.ts";
import type { StandIn } from "./stand_in.ts";

/** Those that go on until they are stopped: only what they are started with is read. */
const servers: Readonly<Record<string, Settings>> = {
  controller: controllerSettings,
  "hook-executor": executorSettings,
};

/** Those that need no network, and so are run to their end. */
const offline = ["crds", "get", "version", "whitelist"];

/** Runs the command, stopped before its first request where it makes some; throws where its arguments are wrong. */
export const controller: StandIn = async ({ args }) => {
  const [first = ""] = args;
  const name = first in commands ? first : "controller";
  const settings = servers[name];
  if (settings) return readSettings(settings, name === first ? args.slice(1) : args);
  const written = { out: "", err: "" };
  const code = await runCommand({
    arguments: name === "local" ? [...args, "--artifact-server-port=0"] : args,
    environment: Deno.env.toObject(),
    signal: offline.includes(name) ? new AbortController().signal : AbortSignal.abort(),
    print: (text) => written.out += text,
    printError: (text) => written.err += text,
    drop: () => {},
  });
  if (code === 2) throw new Error(written.err);
  return written.out.trim();
};

function readSettings(described: Settings, args: readonly string[]): string {
  const sources = { arguments: args, environment: {}, configMap: undefined };
  const { warnings, positionals } = parseSettings({ described, ...sources });
  if (warnings.length > 0 || positionals.length > 0) throw new Error(`${warnings} ${positionals}`);
  return "";
}
