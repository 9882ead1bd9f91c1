import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { artifactOf } from "../../tests/source_fixtures.ts";
import { noCopies } from "../reconcile/artifact_copies.ts";
import { TokenFile } from "../serve/token_file.ts";
import { createLog } from "../telemetry/log.ts";
import { openDelivery } from "./artifact_delivery.ts";
import { systemClock } from "./system_clock.ts";

const silent = createLog({
  ...{ level: "error", encoding: "json", clock: systemClock },
  ...{ redact: (text) => text, write: assert.fail },
});

/** What a request for an artifact bears that is published elsewhere and is to move to a server of this test. */
async function authorizationAt(s3UrlMode: "direct" | "gateway"): Promise<string | null> {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, "token-of-ours");
  const tokens = await TokenFile.open({ file, clock: new ManualClock(), onProblem: assert.fail });
  await using release = new AsyncDisposableStack();
  release.defer(() => Deno.remove(file));
  release.defer(() => tokens.close());
  const seen = Promise.withResolvers<string | null>();
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    seen.resolve(request.headers.get("authorization"));
    return new Response();
  });
  const here = `http://127.0.0.1:${server.addr.port}`;
  const moved = Promise.withResolvers<void>();
  const { urlOf } = openDelivery({
    ...{ values: { s3UrlMode }, urlBase: here, copies: noCopies, access: { tokens } },
    links: {
      publicUrl: (key) => `${here}/bucket/${key}`,
      signedUrl: () => assert.fail("nothing is signed"),
      anonymousRead: () => assert.fail("the mode is set"),
    },
    ...{ resources: release, log: silent, onMove: () => moved.resolve() },
  });
  const published = artifactOf("a");
  assert.equal(urlOf(published.path, published), published.url);
  await moved.promise;
  return await seen.promise;
}

Deno.test("openDelivery() shows the token of the artifact server to that server", async () => {
  assert.equal(await authorizationAt("gateway"), "Bearer token-of-ours");
});

Deno.test("openDelivery() shows the token of the artifact server to no bucket", async () => {
  assert.equal(await authorizationAt("direct"), null);
});
