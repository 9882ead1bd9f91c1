/**
 * The artifact server alone, over a directory, on a free port that it prints: what `tests/bench/serve.ts` measures. With a
 * second directory it is a gateway that caches there what it reads from the first.
 */
import { systemClock } from "../../src/cli/system_clock.ts";
import { artifactHandler } from "../../src/serve/artifact_handler.ts";
import { HttpServer } from "../../src/serve/http_server.ts";
import { ArtifactCache } from "../../src/store/artifact_cache.ts";
import { CachedStore } from "../../src/store/cached_store.ts";
import { PvcStore } from "../../src/store/pvc_store.ts";
import { RecentArtifacts } from "../../src/store/recent_artifacts.ts";

const [directory = "", cacheDirectory] = Deno.args;
const files = new PvcStore(directory, systemClock);
const store = cacheDirectory === undefined ? files : new CachedStore({
  store: files,
  cache: new ArtifactCache({ directory: cacheDirectory, limitBytes: 2 ** 30 }),
  clock: systemClock,
});
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
