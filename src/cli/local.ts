import { artifactUrl } from "../publish/artifact_url.ts";
import { noCopies } from "../reconcile/artifact_copies.ts";
import { helpText } from "../config/help_text.ts";
import { parseSettings } from "../config/parse_settings.ts";
import { settingDefaults } from "../config/setting_defaults.ts";
import { hookSettings, localHookSettings } from "../config/settings/hook_settings.ts";
import { reconcileSettings } from "../config/settings/reconcile_settings.ts";
import type { Settings, SettingValues } from "../core/setting.ts";
import { generatorDefinitions } from "../generate/registry.ts";
import { formatFileProblem } from "../objects/local/file_problem.ts";
import { LocalObjects } from "../objects/local/local_objects.ts";
import { serveSettings } from "../serve/settings.ts";
import { allStoreSettings } from "../store/registry.ts";
import { cacheSettings } from "../store/cache/cache_settings.ts";
import { retentionSettings } from "../store/retention_settings.ts";
import { scrubSettings } from "../store/scrub_settings.ts";
import { checkSpec } from "./check_spec.ts";
import { type Command, type CommandInput, type ExitCode, InputError } from "./command.ts";
import { consoleSize } from "./console_size.ts";
import { createOperator } from "./create_operator.ts";
import { forgetProxies } from "./forget_proxies.ts";
import { openLocalHooks } from "./local_hooks.ts";
import { localUpstreamSettings } from "./local_upstream_settings.ts";
import { localUrlBase } from "./local_url_base.ts";
import type { LocalView } from "./local_view.ts";
import { openLocalView } from "./open_local_view.ts";
import type { OpenHooks } from "./open_hooks.ts";
import { OperatorResources } from "./operator_resources.ts";
import { OperatorSamples } from "./operator_samples.ts";
import { soleReplica } from "./replica_role.ts";
import { systemClock } from "./system_clock.ts";
import { createTelemetry } from "./telemetry.ts";
import { controllerSettings } from "./operator_settings.ts";

const localSettings = {
  logLevel: {
    type: "string",
    default: "panic",
    flag: "log-level",
    description: "Also log to stderr from this level on, for example debug.",
    choices: ["debug", "info", "warn", "error", "panic"],
  },
} as const satisfies Settings;

const groups = {
  "Local": localSettings,
  "Sources and retries": reconcileSettings,
  "Hooks": { ...localHookSettings, ...hookSettings },
  "Upstream requests": localUpstreamSettings,
  "Artifacts": { ...retentionSettings, ...scrubSettings, ...serveSettings },
};
const described = {
  ...localSettings,
  ...reconcileSettings,
  ...hookSettings,
  ...localHookSettings,
  ...generatorDefinitions.http.settings,
  ...retentionSettings,
  ...scrubSettings,
  ...serveSettings,
};

/** `local DIR`: the controller over a folder of YAML, without a cluster. */
export const localCommand: Command = {
  summary: "run the operator over a folder of YAML, without a cluster",
  help: () =>
    helpText({
      usage: `Usage: externalsource-controller local DIR [FLAGS]

Runs the controller over the ExternalSources and Secrets in the YAML files of DIR and follows their changes. Artifacts are
kept in DIR/.externalsource and served on localhost; statuses live in memory. On a terminal it shows a table, in a pipe a
line for each thing that happens.`,
      examples: [
        {
          command: "externalsource-controller local sources/",
          description: "what is in sources/, served on port 8080",
        },
        {
          command:
            "externalsource-controller local sources/ --min-interval 5s --artifact-server-port 0",
          description: "short intervals, any free port",
        },
      ],
      settings: groups,
    }),
  run: runLocal,
};

async function runLocal(input: CommandInput): Promise<ExitCode> {
  forgetProxies();
  const { arguments: given, environment } = input;
  const { values, positionals, warnings } = parseSettings({
    described,
    arguments: given,
    environment,
    configMap: undefined,
    others: controllerSettings,
  });
  if (values.whitelist === "") input.drop("run");
  for (const warning of warnings) input.printError(`${warning}\n`);
  const directory = await checkDirectory(positionals);
  const objects = new LocalObjects({
    directory,
    clock: systemClock,
    checkSpec,
    onProblem: (problem) => view.problem(formatFileProblem(problem)),
    onSolved: (problem) => view.solved(formatFileProblem(problem)),
    onEvent: (event) => view.event(event),
  });
  const view = openLocalView({
    objects,
    clock: systemClock,
    input,
    consoleSize: () => consoleSize(),
  });
  try {
    return await operate({ directory, objects, values, view, input });
  } finally {
    view.close();
  }
}

/** A run of `local`. */
interface LocalRun {
  readonly directory: string;
  readonly objects: LocalObjects;
  readonly values: SettingValues<typeof described>;
  readonly view: LocalView;
  readonly input: CommandInput;
}

async function operate({ directory, objects, values, view, input }: LocalRun): Promise<ExitCode> {
  const clock = systemClock;
  const telemetry = createTelemetry({ ...values, logEncoding: "console" }, {
    clock,
    samples: new OperatorSamples(clock),
  });
  await using resources = new OperatorResources();
  const { store, bareStore, spoolDirectory } = await resources.openStore(
    storeValues(directory),
    () => {},
  );
  const generators = resources.createGenerators(values, {
    maxSourceSize: values.maxSourceSize,
    forbiddenEndpoints: [],
    allowLoopback: true,
    clock,
  });
  const hooks = await openHooks({ values, view }, { resources, scratch: spoolDirectory });
  const servers = resources.startServers({
    values: { ...values, ...noOtherServers },
    store,
    telemetry,
    clock,
  });
  const urlBase = localUrlBase(values.artifactServerHost, servers.artifactPort);
  const operator = createOperator({
    ...{ objects, store, bareStore, generators, hooks, values, telemetry, spoolDirectory },
    delivery: { copies: noCopies, urlOf: (key) => artifactUrl(urlBase, key) },
    role: soleReplica,
    watchNamespace: "",
    recordEvent: (event) => void objects.recordEvent(event),
    onOutcome: (key, result) => view.outcome(key, result),
  });
  servers.serve(operator, objects);
  view.started(operator, { directory, urlBase });
  await operator.run(input.signal);
  await servers.drain(values.drainTimeout);
  return 0;
}

/** A folder of its own beside the files. */
function storeValues(directory: string): Parameters<OperatorResources["openStore"]>[0] {
  return {
    ...settingDefaults({ ...allStoreSettings, ...cacheSettings }),
    storageBackend: "pvc",
    storageMaxBytes: 0,
    storagePath: `${directory}/.externalsource`,
  };
}

function openHooks(
  { values, view }: Pick<LocalRun, "values" | "view">,
  { resources, scratch }: { readonly resources: OperatorResources; readonly scratch: string },
): Promise<OpenHooks> {
  return openLocalHooks({
    ...values,
    scratch,
    defer: (release) => resources.defer(release),
    onProblem: (problem) => view.problem(problem),
  });
}

/** Probes and metrics are for clusters. */
const noOtherServers = {
  healthProbeBindAddress: "0",
  metricsBindAddress: "0",
  metricsEnabled: false,
  metricsSecure: true,
};

async function checkDirectory(positionals: readonly string[]): Promise<string> {
  const [directory, ...others] = positionals;
  if (directory === undefined || others.length > 0) {
    throw new InputError(
      "Cannot run local: name one folder, as in `externalsource-controller local sources/`",
    );
  }
  const info = await Deno.stat(directory).catch(() => undefined);
  if (!info?.isDirectory) {
    const state = info ? "it is a file; give the folder that it is in" : "it does not exist";
    throw new InputError(`Cannot run local in ${JSON.stringify(directory)}: ${state}`);
  }
  return directory.replace(/(?<=.)\/+$/, "");
}
