import assert from "node:assert/strict";
import { metricsAddress } from "./metrics_address.ts";

Deno.test("metricsAddress() keeps secure metrics on this machine and says so", () => {
  assert.deepEqual(metricsAddress({ bindAddress: "0", secure: true }), {});
  assert.deepEqual(metricsAddress({ bindAddress: ":8443", secure: false }), {
    address: { hostname: "", port: 8443 },
  });
  assert.deepEqual(metricsAddress({ bindAddress: "[::1]:8443", secure: true }), {
    address: { hostname: "::1", port: 8443 },
  });
  const moved = metricsAddress({ bindAddress: ":8443", secure: true });
  assert.deepEqual(moved.address, { hostname: "127.0.0.1", port: 8443 });
  assert.match(
    moved.warning ?? "",
    /127\.0\.0\.1:8443 only, not on ":8443".*--metrics-secure=false/,
  );
});
