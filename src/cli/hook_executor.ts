import { randomUUID } from "node:crypto";
import { helpText } from "../config/help_text.ts";
import { parseSettings } from "../config/parse_settings.ts";
import { executorSettings } from "../config/settings/hook_executor_settings.ts";
import { telemetrySettings } from "../config/settings/telemetry_settings.ts";
import type { SettingValues } from "../core/setting.ts";
import { ExecutorServer } from "../hooks/executor_server.ts";
import { defaultHookLimits } from "../hooks/hook_limits.ts";
import { readHookToken } from "../hooks/hook_token.ts";
import { SpawnRunner } from "../hooks/spawn_runner.ts";
import { WatchedWhitelist } from "../hooks/watched_whitelist.ts";
import { createLog, type Log } from "../telemetry/log.ts";
import { createRedactor } from "../telemetry/redactor.ts";
import { writeStderr } from "../telemetry/write_stderr.ts";
import { type Command, type CommandInput, type ExitCode, InputError } from "./command.ts";
import { listenError } from "./listen_error.ts";
import { loggedRunner } from "./logged_runner.ts";
import { controllerSettings } from "./operator_settings.ts";
import { openSpoolDirectory } from "./spool_directory.ts";
import { systemClock } from "./system_clock.ts";

/** How long a hook waits for its turn. */
const maxWaitMs = 30_000;

const { logLevel, logEncoding } = telemetrySettings;
const groups = { "Executor": executorSettings, "Log": { logLevel, logEncoding } };
const described = { ...executorSettings, logLevel, logEncoding };
type ExecutorValues = SettingValues<typeof described>;

/** `hook-executor`: the sidecar in which hooks run. */
export const hookExecutorCommand: Command = {
  summary: "run the commands of hooks, as the sidecar of the controller",
  help: () =>
    helpText({
      usage: `Usage: externalsource-controller hook-executor [FLAGS]

Runs the commands that the whitelist allows, for the controller in the same pod: each as a process group of its own, without our
environment, in an empty directory, with limits, and killed with everything that it has started when it has ended, its time
is over or the controller gives up. Answers GET /health to everybody and runs hooks for this pod alone.`,
      examples: [
        {
          command: "externalsource-controller hook-executor --whitelist /etc/hooks/whitelist.yaml",
          description: "as in the manifests",
        },
      ],
      settings: groups,
    }),
  run: runExecutor,
};

async function runExecutor(input: CommandInput): Promise<ExitCode> {
  const { values, positionals, warnings } = parseSettings({
    described,
    arguments: input.arguments,
    environment: input.environment,
    configMap: undefined,
    others: controllerSettings,
  });
  if (positionals.length > 0) {
    throw new InputError(
      `Cannot use "${positionals[0]}": hook-executor takes flags only, see --help`,
    );
  }
  if (Deno.uid() === 0 && !values.allowRoot) {
    throw new InputError(
      "Cannot run hooks as root: run as another user, or with --allow-root if every hook may do what root may",
    );
  }
  input.drop("sys");
  const log = openLog(values);
  for (const warning of warnings) log.warn(warning);
  if (values.hookTokenFile === "") {
    log.warn("HOOK_TOKEN_FILE is not set: every process of this pod may run hooks");
  }
  // What hooks of a killed executor have left goes with its directory.
  await using scratch = await openSpoolDirectory({ now: systemClock.now() });
  await serve(values, { log, scratch: scratch.path, signal: input.signal });
  return 0;
}

function openLog({ logLevel: level, logEncoding: encoding }: ExecutorValues): Log {
  const redactor = createRedactor();
  const redact = (text: string) => redactor.redact(text);
  const clock = systemClock;
  return createLog({ level, encoding, clock, redact, write: writeStderr }).named("hook-executor");
}

/** Where an executor runs. */
interface ExecutorPlace {
  readonly log: Log;
  /** Directory for what hooks write. */
  readonly scratch: string;
  readonly signal: AbortSignal;
}

async function serve(values: ExecutorValues, { log, scratch, signal }: ExecutorPlace) {
  await using whitelist = await openWhitelist(values.whitelist, log);
  await using runner = new SpawnRunner({
    whitelist: () => whitelist.current(),
    clock: systemClock,
    slots: values.maxHooks,
    maxWaitMs,
    scratch,
    limits: {
      ...defaultHookLimits,
      memory: values.hookMemory,
      fileSize: values.hookFileSize,
      processes: values.hookProcesses,
    },
    newMark: () => randomUUID(),
    onProblem: (message) => log.warn(message),
  });
  // Before anybody can ask for a hook: who else runs under our user is only seen now.
  await runner.prepare();
  const file = values.hookTokenFile;
  const options = {
    runner: loggedRunner(runner, log),
    clock: systemClock,
    ...(file === "" ? {} : { readToken: () => readHookToken(file) }),
    onBug: (error: unknown) => log.bug("cannot answer", error),
  };
  const servers = [await listen(new ExecutorServer(options), { values, log })];
  if (values.socket !== "") {
    servers.push(await listenOnSocket(new ExecutorServer(options), { values, log }));
  }
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  log.info("ending", { running: runner.slots.running });
  await Promise.all(servers.map((server) => server.close(values.drainTimeout)));
}

function openWhitelist(file: string, log: Log): Promise<WatchedWhitelist> {
  let message = "the whitelist is in force";
  return WatchedWhitelist.open({
    file,
    clock: systemClock,
    onChange: () => {
      log.info(message);
      message = "another whitelist is in force";
    },
    onProblem: (problem) => log.warn(problem),
    onWarning: ({ line, message }) => log.warn("whitelist", { line, message }),
  });
}

interface Listening {
  readonly values: ExecutorValues;
  readonly log: Log;
}

async function listen(server: ExecutorServer, { values, log }: Listening): Promise<ExecutorServer> {
  const address = { hostname: values.host, port: values.port };
  try {
    const port = await server.listen(address);
    log.info("listening", { host: values.host || "*", port });
    return server;
  } catch (cause) {
    throw listenError(address, { flags: { host: "--host", port: "--port" }, cause });
  }
}

async function listenOnSocket(
  server: ExecutorServer,
  { values: { socket }, log }: Listening,
): Promise<ExecutorServer> {
  // One that a killed process has left; whoever listens on it now loses it.
  const left = await Deno.lstat(socket).catch(() => undefined);
  if (left?.isSocket) await Deno.remove(socket);
  try {
    await server.listen({ socket });
    log.info("listening", { socket });
    return server;
  } catch (cause) {
    const state = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(`Cannot listen on "${socket}": ${state}; see --socket`, { cause });
  }
}
