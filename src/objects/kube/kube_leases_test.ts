import assert from "node:assert/strict";
import { ManualClock } from "../../../tests/manual_clock.ts";
import { startHttp } from "../../../tests/upstream.ts";
import { NotFoundError } from "../objects.ts";
import { ApiClient } from "./api_client.ts";
import { ApiConnection } from "./api_connection.ts";
import { KubeLeases } from "./kube_leases.ts";

const wanted = {
  ...{ name: "m-0", labels: {}, annotations: {}, holder: "m-0_1", transitions: 0 },
  ...{ durationMs: 15_000, acquiredAt: 0, renewedAt: 0 },
};

Deno.test("KubeLeases says of a namespace that does not exist which setting names it", async () => {
  const message = 'namespaces "team" not found';
  await using server = await startHttp((_request, response) => {
    response.statusCode = 404;
    response.end(JSON.stringify({ kind: "Status", code: 404, message }));
  });
  const clock = new ManualClock();
  const read = () => Promise.resolve({ headers: {} });
  const connection = new ApiConnection({ server: server.origin, read }, { clock });
  const client = new ApiClient(connection, { clock, userAgent: "test" });
  const leases = new KubeLeases({ connection, client, namespace: "team" });
  const says = /^Cannot create Lease "team\/m-0": status 404, .* not found; POD_NAMESPACE says/;
  await assert.rejects(leases.create(wanted), (error) => {
    assert.ok(error instanceof NotFoundError);
    assert.match(error.message, says);
    return true;
  });
  leases.close();
});
