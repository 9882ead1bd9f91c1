import { readManifests } from "../../chart/programs.ts";
import { parseArgs } from "node:util";
import { expectBuiltImages } from "../expect_built_images.ts";
import type { StandIn, StandInCall } from "./stand_in.ts";

const common = { namespace: { type: "string", short: "n" } } as const;
const installing = {
  ...common,
  install: { type: "boolean" },
  "reuse-values": { type: "boolean" },
  "force-conflicts": { type: "boolean" },
  values: { type: "string", multiple: true },
  set: { type: "string", multiple: true },
  "set-json": { type: "string", multiple: true },
} as const;

/** As Flux and helm apply: server-side. */
const dryRun = [
  ...["apply", "--dry-run=server", "--server-side", "--force-conflicts", "--validate=strict"],
  ...["--filename", "-"],
];

/** Lints the chart with the values, renders it, and lets an API server say whether it would take the outcome. */
async function render({ args: [verb, ...args], builtImages, run }: StandInCall): Promise<string> {
  const { values, positionals } = parseArgs({ args, options: installing, allowPositionals: true });
  const [release = "", chart = "", ...others] = positionals;
  if (others.length > 0 || chart !== "chart") throw new Error(`helm ${verb}: ${positionals}`);
  if (verb === "install" && (values.install || values["reuse-values"])) {
    throw new Error("helm install has no --install and no --reuse-values");
  }
  const { namespace = "default" } = values;
  const given = [
    ...(values.values ?? []).flatMap((file) => ["--values", file]),
    ...(values.set ?? []).flatMap((value) => ["--set", value]),
    ...(values["set-json"] ?? []).flatMap((value) => ["--set-json", value]),
  ];
  const text = await run("helm", ["template", release, chart, "--namespace", namespace, ...given]);
  const items = readManifests(text);
  expectBuiltImages(items, builtImages);
  await run("helm", ["lint", "--strict", chart, ...given]);
  const list = { apiVersion: "v1", kind: "List", items };
  return await run("kubectl", dryRun, JSON.stringify(list));
}

/** `helm test`: the chart has one. */
async function findTest({ args, run }: StandInCall): Promise<string> {
  const { namespace, release } = readRelease(args.slice(1));
  const only = ["--show-only", "templates/tests/artifacts.yaml"];
  return await run("helm", ["template", release, "chart", "--namespace", namespace, ...only]);
}

function readRelease(args: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: common,
    allowPositionals: true,
  });
  // The release that the pages install.
  if (positionals.join() !== "externalsource") {
    throw new Error(`there is no release ${positionals}`);
  }
  return { namespace: values.namespace ?? "default", release: positionals[0]! };
}

/** What helm would install is rendered, and asked of an API server. */
export const helm: StandIn = async (call) => {
  const [verb = "", ...rest] = call.args;
  if (verb === "install" || verb === "upgrade") return await render(call);
  if (verb === "test") return await findTest(call);
  if (verb !== "uninstall") throw new Error(`helm ${verb}: no rule says how to try this`);
  readRelease(rest);
  return "";
};
