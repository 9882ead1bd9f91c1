import { expectBuiltImages } from "../expect_built_images.ts";
import type { StandIn, StandInCall } from "./stand_in.ts";

interface Verb {
  /** Flags that keep it from changing anything, or from waiting. */
  readonly flags?: readonly string[];
  /** What it says where nothing is wrong but that no pod runs, or that an earlier page did the same. */
  readonly accepted?: RegExp;
}

const dryRun = ["--dry-run=server"];
const unscheduled = /does not have a host assigned/;

const verbs: Readonly<Record<string, Verb>> = {
  annotate: { flags: dryRun },
  apply: { flags: [...dryRun, "--validate=strict"] },
  create: { flags: dryRun, accepted: /\(AlreadyExists\)/ },
  delete: { flags: dryRun },
  describe: {},
  diff: { accepted: /^[^:]*kubectl diff[^:]*: (?!error)/ },
  exec: { accepted: unscheduled },
  explain: {},
  get: {},
  label: { flags: dryRun },
  logs: { accepted: unscheduled },
  patch: { flags: dryRun },
  rollout: { flags: ["--timeout=1s"], accepted: /timed out waiting|deadline exceeded/ },
  wait: { flags: ["--timeout=1s"], accepted: /timed out waiting for the condition/ },
};

const valued = ["-n", "--namespace", "--context"];

/** What `kubectl apply -k` would start can be pulled. */
async function checkImages({ args, builtImages, run }: StandInCall): Promise<void> {
  const folder = args[args.indexOf("-k") + 1];
  if (!args.includes("apply") || !args.includes("-k") || folder === undefined) return;
  const { readManifests } = await import("../../chart/programs.ts");
  expectBuiltImages(readManifests(await run("kubectl", ["kustomize", folder])), builtImages);
}

/** Runs kubectl against a control plane without nodes: what reads as it is, what changes something as a dry run of the server. */
export const kubectl: StandIn = async (call) => {
  const { args, run } = call;
  await checkImages(call);
  const at = args.findIndex((arg, index) =>
    !arg.startsWith("-") && !valued.includes(args[index - 1] ?? "")
  );
  const verb = verbs[args[at] ?? ""];
  if (!verb) throw new Error(`kubectl ${args[at]}: no rule says how to try this`);
  const { flags = [], accepted } = verb;
  const timed = flags.some((flag) => flag.startsWith("--timeout"));
  const rest = args.slice(at + 1).filter((arg) => !(timed && arg.startsWith("--timeout=")));
  try {
    return await run("kubectl", [...args.slice(0, at + 1), ...flags, ...rest]);
  } catch (error) {
    if (accepted?.test(String((error as Error).message))) return "";
    throw error;
  }
};
