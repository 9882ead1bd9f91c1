/** The artifact server alone, over a directory, on a free port that it prints: what `tests/bench/serve.ts` measures. */
import { systemClock } from "../../src/cli/system_clock.ts";
import { artifactHandler } from "../../src/serve/artifact_handler.ts";
import { HttpServer } from "../../src/serve/http_server.ts";
import { PvcStore } from "../../src/store/pvc_store.ts";
import { RecentArtifacts } from "../../src/store/recent_artifacts.ts";

const store = new PvcStore(Deno.args[0]!, systemClock);
const recent = new RecentArtifacts({ store, clock: systemClock });
const server = new HttpServer({
  address: { hostname: "127.0.0.1", port: 0 },
  clock: systemClock,
  handler: artifactHandler({
    open: (key) => recent.open(key),
    isNamed: () => false,
    syncedSince: () => 0,
    clock: systemClock,
  }),
});
await Deno.stdout.write(new TextEncoder().encode(`${server.address.port}\n`));
