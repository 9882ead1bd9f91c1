/**
 * The artifact server of a controller, without a cluster: over the store that flags and variables name, on a free port
 * that it prints. With a directory as its argument it puts first what is there, as a store that forgets needs it.
 */
import { parseSettings } from "../../src/config/parse_settings.ts";
import { OperatorResources } from "../../src/cli/operator_resources.ts";
import { OperatorSamples } from "../../src/cli/operator_samples.ts";
import { controllerSettings } from "../../src/cli/operator_settings.ts";
import { systemClock } from "../../src/cli/system_clock.ts";
import { createTelemetry } from "../../src/cli/telemetry.ts";
import { fillStore } from "./artifact_tree.ts";

const { values, positionals: [directory] } = parseSettings({
  described: controllerSettings,
  arguments: Deno.args,
  environment: Deno.env.toObject(),
  configMap: undefined,
});
const samples = new OperatorSamples(systemClock);
const telemetry = createTelemetry(values, { clock: systemClock, samples });
await using resources = new OperatorResources();
const { store } = await resources.openStore(values, (key) => {
  telemetry.log.warn("the store gave other bytes than were put", { key });
});
if (directory !== undefined) await fillStore(store, directory);
const { links } = store;
const redirect = links && values.s3UrlMode === "redirect"
  ? { stat: (key: string) => store.stat(key), url: (key: string) => links.signedUrl(key, "GET") }
  : undefined;
const servers = resources.startServers({
  values: {
    ...values,
    artifactServerHost: "127.0.0.1",
    artifactServerPort: 0,
    healthProbeBindAddress: "0",
    metricsEnabled: false,
  },
  ...{ telemetry, store, clock: systemClock, delivery: redirect ? { redirect } : {} },
});
await Deno.stdout.write(new TextEncoder().encode(`${servers.artifactPort}\n`));
await new Promise<void>((resolve) => Deno.addSignalListener("SIGTERM", resolve));
