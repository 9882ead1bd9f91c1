import { stringify } from "yaml";
import { helpText } from "../config/help_text.ts";
import { parseSettings } from "../config/parse_settings.ts";
import { externalSourceApiVersion, externalSourceKind } from "../core/api_names.ts";
import { findCondition } from "../core/condition.ts";
import type { ExternalSource } from "../core/external_source.ts";
import type { Settings } from "../core/setting.ts";
import { KindNotInstalledError } from "../objects/objects.ts";
import { connect, findCredentials, isInPod } from "./cluster_connection.ts";
import { type Command, type CommandInput, type ExitCode, InputError } from "./command.ts";
import { forgetProxies } from "./forget_proxies.ts";
import { systemClock } from "./system_clock.ts";
import { inSeconds } from "./in_seconds.ts";
import { nextRun } from "./next_run.ts";
import { renderTable } from "./table.ts";
import { controllerSettings } from "./operator_settings.ts";

const settings = {
  namespace: {
    type: "string",
    default: "",
    flag: "namespace",
    flagAliases: ["n"],
    description: "Only the sources of this namespace; the default is all.",
  },
  output: {
    type: "string",
    default: "table",
    flag: "output",
    flagAliases: ["o"],
    choices: ["table", "json", "yaml"],
    description: "Form of the output.",
  },
  kubeconfig: {
    type: "string",
    default: "",
    flag: "kubeconfig",
    variable: "KUBECONFIG",
    description: "Kubeconfig of the cluster.",
  },
} as const satisfies Settings;

/** `get [NAME…]`: the sources of a cluster, their state and their artifacts. */
export const getCommand: Command = {
  summary: "show the sources of a cluster, their state, artifacts and next run",
  help: () =>
    helpText({
      usage: `Usage: externalsource-controller get [NAME...] [FLAGS]

Shows ExternalSources: whether they are ready, what is published, when they are fetched next.`,
      examples: [
        { command: "externalsource-controller get", description: "all of them" },
        {
          command: "externalsource-controller get release -n apps -o yaml",
          description: "one, with everything",
        },
      ],
      settings: { "Get": settings },
    }),
  run: runGet,
};

async function runGet(input: CommandInput): Promise<ExitCode> {
  forgetProxies();
  const { arguments: given, environment } = input;
  input.drop("write");
  const { values, positionals, warnings } = parseSettings({
    described: settings,
    arguments: given,
    environment,
    configMap: undefined,
    others: controllerSettings,
  });
  for (const warning of warnings) input.printError(`${warning}\n`);
  const sources = await readSources(values, input);
  const wanted = positionals.length === 0
    ? sources
    : sources.filter(({ metadata }) => positionals.includes(metadata.name));
  const missing = positionals.filter((name) =>
    !wanted.some(({ metadata }) => metadata.name === name)
  );
  if (values.output === "table") input.print(table(wanted));
  else input.print(document(wanted, values.output));
  if (missing.length > 0) input.printError(`Not found: ${missing.join(", ")}\n`);
  return missing.length > 0 ? 1 : 0;
}

async function readSources(
  { namespace, kubeconfig }: { readonly namespace: string; readonly kubeconfig: string },
  { environment, signal, drop }: CommandInput,
): Promise<ExternalSource[]> {
  const place = { kubeconfig, environment };
  if (isInPod(place)) drop("run");
  const credentials = await findCredentials(place);
  const objects = connect(credentials, namespace ? { watchNamespace: namespace } : {});
  try {
    return await objects.listSources(signal);
  } catch (error) {
    if (!(error instanceof KindNotInstalledError)) throw error;
    throw new InputError(
      "Cannot list ExternalSources: the kind is not installed; " +
        "`externalsource-controller crds | kubectl apply --server-side -f -` installs it",
    );
  } finally {
    await objects.close();
  }
}

const columns = ["NAMESPACE", "NAME", "READY", "REVISION", "SIZE", "NEXT", "AGE", "STATUS"];

function table(sources: readonly ExternalSource[]): string {
  if (sources.length === 0) return "No ExternalSources found\n";
  const now = systemClock.now();
  return renderTable(columns, sources.map((source) => row(source, now)));
}

function row(source: ExternalSource, now: number): string[] {
  const { metadata, status } = source;
  const ready = findCondition(status.conditions ?? [], "Ready");
  return [
    metadata.namespace,
    metadata.name,
    ready?.status ?? "Unknown",
    status.artifact?.revision ?? "",
    status.artifact?.size === undefined ? "" : `${status.artifact.size}`,
    nextRun(source, now),
    metadata.creationTimestamp ? inSeconds(now - Date.parse(metadata.creationTimestamp)) : "",
    ready?.message ?? "",
  ];
}

function document(sources: readonly ExternalSource[], form: string): string {
  const items = sources.map(({ metadata, spec, status }) => ({
    apiVersion: externalSourceApiVersion,
    kind: externalSourceKind,
    metadata,
    spec,
    status,
  }));
  const list = { apiVersion: "v1", kind: "List", items };
  return form === "json" ? `${JSON.stringify(list, null, 2)}\n` : stringify(list);
}
