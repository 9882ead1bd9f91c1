import { helpText } from "../config/help_text.ts";
import { parseSettings } from "../config/parse_settings.ts";
import type { Settings, SettingValues } from "../core/setting.ts";
import type { ArtifactStore } from "../store/artifact_store.ts";
import { type CopyCounts, copyStore } from "../store/copy_store.ts";
import { type Command, type CommandInput, type ExitCode, InputError } from "./command.ts";
import { CopyProgress, copySummary } from "./copy_progress.ts";
import { forgetProxies } from "./forget_proxies.ts";
import { openSpoolDirectory } from "./spool_directory.ts";
import {
  locatedSettings,
  type LocatedStore,
  locateStore,
  locationForms,
  withoutFlags,
} from "./store_location.ts";
import { systemClock } from "./system_clock.ts";

const copySettings = {
  parallel: {
    type: "integer",
    default: 8,
    minimum: 1,
    maximum: 64,
    flag: "parallel",
    description:
      "How many artifacts are copied at once; a temporary directory has room for so many.",
  },
  verify: {
    type: "boolean",
    default: false,
    flag: "verify",
    description: "Read what is there already and compare its digest, instead of its size alone.",
  },
} as const satisfies Settings;

const example = "`externalsource-controller store copy pvc:/data/artifacts s3://bucket/prefix`";

/** `store copy FROM TO`: the artifacts of one store into another. */
export const storeCommand: Command = {
  summary: "copy the artifacts of one store into another",
  help: () =>
    helpText({
      usage: `Usage: externalsource-controller store copy FROM TO [FLAGS]

Copies every artifact of the store FROM into the store TO, and changes nothing else. Either is one of

  ${locationForms.join("\n  ")}

The variables of the controller say the rest. With FROM_ or TO_ before it, as in TO_S3_ENDPOINT, one is for that store alone.

What is there already with the same size is skipped: run it again after it was stopped, or to fetch what came meanwhile.
Bytes that do not have the digest of their key are reported and not copied. The mark that says whose a store is stays
behind: a controller marks the new store when it first starts with it.

Exit codes: 0 everything is there, 1 something is not or it was stopped, 2 FROM, TO or a setting is wrong.`,
      examples: [
        {
          command:
            "S3_ENDPOINT=s3.example.com externalsource-controller store copy pvc:/data/artifacts s3://artifacts/prod",
          description: "from a volume into a bucket",
        },
        {
          command:
            "FROM_S3_ENDPOINT=old.example.com TO_S3_ENDPOINT=new.example.com externalsource-controller store copy s3://a s3://b --verify",
          description: "from one service to another, and compare what is there",
        },
      ],
      settings: { "Copy": copySettings, "Stores": withoutFlags(locatedSettings) },
    }),
  run: runStore,
};

async function runStore(input: CommandInput): Promise<ExitCode> {
  forgetProxies();
  const { arguments: given, environment } = input;
  const { values, positionals } = parseSettings({
    described: copySettings,
    arguments: given,
    environment: {},
    configMap: undefined,
  });
  const [from, to] = readStores(positionals, environment);
  input.drop("run");
  // What is not shared is on a disk of this machine.
  if (!from.definition.shared && !to.definition.shared) input.drop("net");
  for (const warning of new Set([...from.warnings, ...to.warnings])) {
    input.printError(`${warning}\n`);
  }
  await using stack = new AsyncDisposableStack();
  const source = stack.adopt(await openToRead(from), (store) => store.close());
  const target = stack.adopt(
    await to.definition.open(to.values, systemClock),
    (store) => store.close(),
  );
  const spool = stack.use(await openSpoolDirectory({ now: systemClock.now() }));
  const directory = `${spool.path}/artifacts`;
  await Deno.mkdir(directory);
  const counts = await copy({ from: source, to: target, directory, input, values });
  if (!input.signal.aborted) {
    if (isEmpty(counts)) input.printError("There was nothing to copy: FROM holds no artifacts\n");
    return counts.failed === 0 ? 0 : 1;
  }
  input.printError("Stopped before the end; the same command goes on from here\n");
  return 1;
}

function readStores(
  positionals: readonly string[],
  environment: CommandInput["environment"],
): [LocatedStore, LocatedStore] {
  const [action, from, to, ...others] = positionals;
  if (action !== "copy") {
    throw new InputError(`Cannot run store: say what to do, as in ${example}`);
  }
  if (from === undefined || to === undefined || others.length > 0) {
    throw new InputError(`Cannot copy: name two stores, as in ${example}`);
  }
  return [
    locateStore(from, { role: "FROM", environment }),
    locateStore(to, { role: "TO", environment }),
  ];
}

function isEmpty({ copied, skipped, failed }: CopyCounts): boolean {
  return copied + skipped + failed === 0;
}

function openToRead({ definition, values }: LocatedStore): Promise<ArtifactStore> {
  return definition.openToRead?.(values, systemClock) ?? definition.open(values, systemClock);
}

async function copy(
  { from, to, directory, input, values }: {
    readonly from: ArtifactStore;
    readonly to: ArtifactStore;
    readonly directory: string;
    readonly input: CommandInput;
    readonly values: SettingValues<typeof copySettings>;
  },
): Promise<CopyCounts> {
  const progress = new CopyProgress({
    isTerminal: Deno.stderr.isTerminal(),
    clock: systemClock,
    print: input.printError,
  });
  let counts: CopyCounts = { copied: 0, copiedBytes: 0, skipped: 0, skippedBytes: 0, failed: 0 };
  try {
    return counts = await copyStore({
      ...{ from, to, directory, ...values, signal: input.signal },
      onProgress: (now) => progress.show(counts = now),
      onProblem: (message) => progress.problem(message),
    });
  } finally {
    progress.clear();
    input.print(`${copySummary(counts)}\n`);
  }
}
