import { type ParsedSettings, parseSettings } from "../config/parse_settings.ts";
import { helpText } from "../config/help_text.ts";
import { hookSettings, localHookSettings } from "../config/settings/hook_settings.ts";
import { reconcileSettings } from "../config/settings/reconcile_settings.ts";
import { fileErrorState } from "../core/file_error.ts";
import type { Settings } from "../core/setting.ts";
import { type NamespacedName, sourceKey } from "../core/source_key.ts";
import { generatorDefinitions } from "../generate/registry.ts";
import type { HookStage } from "../hooks/hook_stage.ts";
import { ManifestError } from "../objects/local/manifest_error.ts";
import { readSourceFile, type SourceFile } from "../objects/local/read_source_file.ts";
import { packDocument } from "../pack/pack_document.ts";
import type { PackedArtifact } from "../pack/packed_artifact.ts";
import { buildRequest, fetchSource } from "../reconcile/fetch_source.ts";
import { planSource } from "../reconcile/plan_source.ts";
import { pathOf } from "../reconcile/produce_artifact.ts";
import { SourceHooks } from "../reconcile/source_hooks.ts";
import { createRedactor, type Redactor } from "../telemetry/redactor.ts";
import { checkSpec } from "./check_spec.ts";
import type { Command, CommandInput, ExitCode } from "./command.ts";
import { InputError } from "./command.ts";
import { closeGenerators, createGenerators } from "./create_generators.ts";
import { forgetProxies } from "./forget_proxies.ts";
import { hookStderr } from "./hook_stderr.ts";
import { type LocalHooksParts, openLocalHooks } from "./local_hooks.ts";
import { localUpstreamSettings } from "./local_upstream_settings.ts";
import { measuredHooks } from "./measured_hooks.ts";
import { protectingReader } from "./protect_secrets.ts";
import { describeDifference } from "./published_difference.ts";
import { isInPod, readPublished } from "./cluster_connection.ts";
import { isStandardInput, isStandardOutput, standardInput } from "./standard_streams.ts";
import { systemClock } from "./system_clock.ts";
import { controllerSettings } from "./operator_settings.ts";

const buildSettings = {
  output: {
    type: "string",
    default: "",
    flag: "output",
    flagAliases: ["o"],
    description:
      "Where the tar.gz is written, - is standard output; the default is NAME.tar.gz in the current directory.",
  },
  diff: {
    type: "boolean",
    default: false,
    flag: "diff",
    description:
      "Write nothing; compare with what the cluster has published, and exit with 1 if it differs.",
  },
  kubeconfig: {
    type: "string",
    default: "",
    flag: "kubeconfig",
    variable: "KUBECONFIG",
    description: "Kubeconfig of the cluster that --diff compares with.",
  },
} as const satisfies Settings;

const groups = {
  "Build": buildSettings,
  "Document": { maxSourceSize: reconcileSettings.maxSourceSize },
  "Hooks": { ...localHookSettings, ...hookSettings },
  "Upstream requests": localUpstreamSettings,
};

const described = {
  ...groups.Document,
  ...groups.Hooks,
  ...generatorDefinitions.http.settings,
  ...buildSettings,
};

/** `build FILE`: the pipeline once, without a cluster. */
export const buildCommand: Command = {
  summary: "fetch and pack the document of one ExternalSource, without a cluster",
  help: () =>
    helpText({
      usage: `Usage: externalsource-controller build FILE [FLAGS]

Fetches the document of the ExternalSource in FILE, packs it as the controller would, writes the tar.gz and prints what is
in it, its size, digest and revision. Secrets that it needs stand in the same file. The digest is the one that the
controller publishes for the same document. As FILE, - is standard input. What a hook that fails says on standard error is
shown; hooks run if --whitelist names a file that allows them.`,
      examples: [
        {
          command: "externalsource-controller build release.yaml",
          description: "write release.tar.gz",
        },
        {
          command:
            "externalsource-controller build release.yaml --diff --kubeconfig ~/.kube/config",
          description: "would the cluster change?",
        },
      ],
      settings: groups,
    }),
  run: build,
};

async function build(input: CommandInput): Promise<ExitCode> {
  forgetProxies();
  const { values, positionals, warnings } = readFlags(input);
  // A kubeconfig may name a program that gets the credentials, and hooks are programs.
  const mayConnect = values.diff && !isInPod({ ...values, ...input });
  if (!mayConnect && values.whitelist === "") input.drop("run");
  for (const warning of warnings) input.printError(`${warning}\n`);
  const sourceFile = await readFile(positionals, input);
  const generators = createGenerators(values, {
    maxSourceSize: values.maxSourceSize,
    forbiddenEndpoints: [],
    allowLoopback: true,
    clock: systemClock,
  });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => closeGenerators(generators));
  const folder = await Deno.makeTempDir({ prefix: "externalsource-build-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const redactor = createRedactor();
  const hooks = await openHooks({
    whitelist: values.whitelist,
    scratch: folder,
    defer: (release) => stack.defer(release),
  }, { input, redactor });
  const { signal } = input;
  const made = await make(sourceFile, { ...values, generators, hooks, folder, signal, redactor });
  if (values.diff) return await compare(made, { ...values, sourceFile, input });
  const output = values.output || `${sourceFile.source.metadata.name}.tar.gz`;
  await write(made.packed.file, output);
  const print = isStandardOutput(output) ? input.printError : input.print;
  print(describe(made, output));
  return 0;
}

function readFlags(input: CommandInput): ParsedSettings<typeof described> {
  const parsed = parseSettings({
    described,
    arguments: input.arguments,
    environment: input.environment,
    configMap: undefined,
    others: controllerSettings,
  });
  if (parsed.values.diff && parsed.values.output !== "") {
    throw new InputError(
      "Cannot use --output with --diff, which writes nothing: leave one of them out",
    );
  }
  return parsed;
}

/** Hooks whose complaints are shown: to find out why one fails is what a build is for. */
async function openHooks(
  parts: Pick<LocalHooksParts, "whitelist" | "scratch" | "defer">,
  { input, redactor }: { readonly input: CommandInput; readonly redactor: Redactor },
): Promise<HookStage> {
  const { stage } = await openLocalHooks({
    ...parts,
    concurrent: 1,
    onProblem: (problem) => input.printError(`${problem}\n`),
  });
  return measuredHooks(stage, {
    clock: systemClock,
    onRun: (run) => input.printError(hookStderr(run, (text) => redactor.redact(text))),
  });
}

/** What a build came to. */
interface Made {
  readonly path: string;
  readonly documentSize: number;
  readonly packed: PackedArtifact;
}

async function readFile(
  positionals: readonly string[],
  { signal }: CommandInput,
): Promise<SourceFile> {
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) {
    throw new InputError(
      "Cannot build: name one file, as in `externalsource-controller build release.yaml`",
    );
  }
  try {
    const stream = isStandardInput(file) ? standardInput(signal) : undefined;
    return await readSourceFile(file, { checkSpec, clock: systemClock, stream });
  } catch (error) {
    if (error instanceof ManifestError) throw new InputError(error.message);
    throw error;
  }
}

async function write(file: string, output: string): Promise<void> {
  try {
    if (isStandardOutput(output)) await copyToStandardOutput(file);
    else await Deno.copyFile(file, output);
  } catch (error) {
    throw new InputError(`Cannot write "${output}": ${writeState(error)}; see --output`);
  }
}

async function copyToStandardOutput(file: string): Promise<void> {
  using opened = await Deno.open(file);
  await opened.readable.pipeTo(Deno.stdout.writable, { preventClose: true });
}

function writeState(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "its directory does not exist";
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  return fileErrorState(error) ?? (error instanceof Error ? error.message : String(error));
}

/** What a build is made with. */
interface MakeOptions {
  readonly generators: ReturnType<typeof createGenerators>;
  readonly hooks: HookStage;
  readonly hookTimeout: number;
  readonly maxSourceSize: number;
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly redactor: Redactor;
}

async function make({ source, secrets }: SourceFile, options: MakeOptions): Promise<Made> {
  const { folder, signal, maxSourceSize: maxSize } = options;
  const spoolFile = `${folder}/document`;
  const plan = planSource(source, { ...options, minInterval: 0 });
  const hooks = new SourceHooks(plan, {
    ...{ maxSize, spoolFile, signal, clock: systemClock, source: source.metadata },
    stage: options.hooks,
    slot: () => Promise.resolve(() => {}), // one document has no rivals
  });
  await hooks.check();
  const declared = {
    readSecret: (name: NamespacedName) => Promise.resolve(secrets.get(sourceKey(name))),
  };
  const built = await buildRequest(plan, {
    source: source.metadata,
    readSecret: protectingReader(declared, options.redactor),
  });
  const request = await hooks.request(built.request);
  if (hooks.changeRequest) plan.prepared.hostOf(request);
  const { fetched } = await fetchSource(plan, { ...built, request }, {
    ...{ hooks, spoolFile, signal },
    validatorsFor: () => undefined,
  });
  if (!fetched.changed) {
    throw new TypeError("Cannot build: an unconditional request was answered with 304");
  }
  const path = pathOf(plan.spec.destinationPath, fetched);
  const document = await hooks.document(fetched.document);
  const packed = await packDocument(document, { path, outputFile: `${folder}/artifact`, signal });
  return { path, documentSize: document.size, packed };
}

function describe({ path, documentSize, packed }: Made, output: string): string {
  const tree = path.split("/").map((segment, depth) => `${"  ".repeat(depth)}${segment}`);
  const last = tree.length - 1;
  tree[last] = `${tree[last]}  (${documentSize} bytes)`;
  return `${output}\n${tree.map((line) => `  ${line}\n`).join("")}size      ${packed.size}\n` +
    `digest    ${packed.digest}\nrevision  ${packed.revision}\n`;
}

async function compare(
  made: Made,
  { kubeconfig, sourceFile, input }: {
    readonly kubeconfig: string;
    readonly sourceFile: SourceFile;
    readonly input: CommandInput;
  },
): Promise<ExitCode> {
  const published = await readPublished(sourceFile.source.metadata, {
    kubeconfig,
    environment: input.environment,
  });
  const difference = describeDifference(published, made.packed);
  input.print(difference ?? `unchanged: ${made.packed.revision}\n`);
  return difference === undefined ? 0 : 1;
}
