import assert from "node:assert/strict";
import { ManualClock } from "../../../tests/manual_clock.ts";
import { startTcp, until } from "../../../tests/upstream.ts";
import { AddressGuard } from "./address_guard.ts";
import { AddressRules } from "./address_rules.ts";
import { ForbiddenEndpoints } from "./forbidden_endpoints.ts";
import { HttpFailure } from "./http_failure.ts";
import { openSocket } from "./open_socket.ts";

const clock = new ManualClock();
const lookup = () => Promise.resolve(["127.0.0.1"]);

/** Lets every address through before the connection, as if the system had connected to another than it was told. */
class LateGuard extends AddressGuard {
  override addressesOf(): Promise<readonly string[]> {
    return lookup();
  }
}

Deno.test("openSocket() checks the address it is connected to once more and hangs up", async () => {
  await using upstream = await startTcp(() => {});
  const guard = new LateGuard({
    rules: new AddressRules({ allowLoopback: false, denyCidr: [], allowCidr: [], allowHost: [] }),
    forbidden: new ForbiddenEndpoints([], { clock, lookup }),
    lookup,
  });
  const url = new URL(`http://name.example:${upstream.port}/`);
  const target = { url, proxy: undefined, ca: undefined, insecureSkipVerify: false };
  const options = { clock, guard, lookup, proxyTrusted: false };
  await assert.rejects(
    openSocket(target, options, new AbortController().signal),
    (error) => error instanceof HttpFailure && /loopback/.test(error.message),
  );
  await until(() => upstream.accepted === 1 && upstream.sockets.size === 0);
});
