import { join } from "node:path";
import { checkSpec } from "../../../src/cli/check_spec.ts";
import { closeGenerators, createGenerators } from "../../../src/cli/create_generators.ts";
import { systemClock } from "../../../src/cli/system_clock.ts";
import { parseSettings } from "../../../src/config/parse_settings.ts";
import { sourceKey } from "../../../src/core/source_key.ts";
import { generatorDefinitions } from "../../../src/generate/registry.ts";
import { createHookStage } from "../../../src/hooks/hook_stage.ts";
import { readHookToken } from "../../../src/hooks/hook_token.ts";
import { parseWhitelist } from "../../../src/hooks/parse_whitelist.ts";
import { SidecarRunner } from "../../../src/hooks/sidecar_runner.ts";
import { readSourceFile } from "../../../src/objects/local/read_source_file.ts";
import { packDocument } from "../../../src/pack/pack_document.ts";
import { buildRequest, fetchSource } from "../../../src/reconcile/fetch_source.ts";
import { planSource } from "../../../src/reconcile/plan_source.ts";
import { pathOf } from "../../../src/reconcile/produce_artifact.ts";
import { SourceHooks } from "../../../src/reconcile/source_hooks.ts";
import type { Built } from "./built.ts";

/** Where a source is built whose hooks run in the sidecar. */
export interface SidecarBuild {
  /** Of the executor. */
  readonly endpoint: string;
  readonly tokenFile: string;
  /** The controller's. */
  readonly whitelist: string;
  /** For temporary files. */
  readonly folder: string;
}

/** The stages of a reconcile, in the order of the controller. @throws {StepError} */
export async function buildThroughSidecar(file: string, build: SidecarBuild): Promise<Built> {
  await using stack = new AsyncDisposableStack();
  const { endpoint, tokenFile } = build;
  const readToken = () => readHookToken(tokenFile);
  const runner = stack.use(new SidecarRunner({ endpoint, readToken, clock: systemClock }));
  const whitelist = parseWhitelist(await Deno.readTextFile(build.whitelist));
  const generators = openGenerators();
  stack.defer(() => closeGenerators(generators));
  const folder = await Deno.makeTempDir({ dir: build.folder });
  const { source, secrets } = await readSourceFile(file, { checkSpec, clock: systemClock });
  const plan = planSource(source, { generators, minInterval: 0, hookTimeout: 30_000 });
  const hooks = new SourceHooks(plan, {
    stage: createHookStage({ runner, whitelist: () => whitelist, missing: () => "none" }),
    source: source.metadata,
    slot: () => Promise.resolve(() => {}),
    maxSize,
    spoolFile: join(folder, "document"),
    clock: systemClock,
    signal,
  });
  await hooks.check();
  const built = await buildRequest(plan, {
    source: source.metadata,
    readSecret: (name) => Promise.resolve(secrets.get(sourceKey(name))),
  });
  const request = await hooks.request(built.request);
  const { fetched } = await fetchSource(plan, { ...built, request }, {
    ...{ hooks, signal, spoolFile: join(folder, "document") },
    validatorsFor: () => undefined,
  });
  if (!fetched.changed) throw new TypeError("304 to an unconditional request");
  const document = await hooks.document(fetched.document);
  const path = pathOf(plan.spec.destinationPath, fetched);
  const packed = await packDocument(document, { path, outputFile: join(folder, "a"), signal });
  const { digest, revision } = packed;
  return { digest, revision, document: await Deno.readFile(document.file) };
}

const maxSize = 2 ** 20;
const { signal } = new AbortController();

function openGenerators(): ReturnType<typeof createGenerators> {
  const { values } = parseSettings({
    described: generatorDefinitions.http.settings,
    arguments: [],
    environment: {},
    configMap: undefined,
  });
  const environment = { maxSourceSize: maxSize, forbiddenEndpoints: [], allowLoopback: true };
  return createGenerators(values, { ...environment, clock: systemClock });
}
