import assert from "node:assert/strict";
import { ManualClock } from "../../../tests/manual_clock.ts";
import { ForbiddenEndpoints } from "./forbidden_endpoints.ts";

function create(addresses: () => readonly string[]) {
  const clock = new ManualClock();
  const lookups: string[] = [];
  const endpoints = new ForbiddenEndpoints(
    ["10.96.0.1:443", "[fd00::1]:6443", "Kubernetes.default.svc:443"],
    {
      clock,
      lookup: (host) => {
        lookups.push(host);
        return Promise.resolve().then(addresses);
      },
    },
  );
  return { clock, endpoints, lookups };
}

Deno.test("names() knows its addresses in every spelling and its names, each with its port", () => {
  const { endpoints } = create(() => []);
  const cases: readonly (readonly [string, number, boolean])[] = [
    ["10.96.0.1", 443, true],
    ["10.96.0.1", 80, false],
    ["::ffff:10.96.0.1", 443, true],
    ["2002:a60:1::", 443, true],
    ["fd00:0::1", 6443, true],
    ["kubernetes.default.svc.", 443, true],
    ["kubernetes.default.svc", 8443, false],
    ["example.com", 443, false],
  ];
  for (const [host, port, wanted] of cases) {
    assert.equal(endpoints.names(host, port), wanted, `${host}:${port}`);
  }
});

Deno.test("has() knows the addresses of its names and asks for them once a minute", async () => {
  let addresses = ["10.0.0.7"];
  const { clock, endpoints, lookups } = create(() => addresses);
  assert.equal(await endpoints.has("10.0.0.7", 443), true);
  assert.equal(await endpoints.has("::ffff:10.0.0.7", 443), true);
  assert.equal(await endpoints.has("10.0.0.7", 80), false);
  assert.deepEqual(lookups, ["kubernetes.default.svc"]);
  addresses = ["10.0.0.8"];
  await clock.advance(60_000);
  assert.equal(await endpoints.has("10.0.0.8", 443), true);
  assert.equal(await endpoints.has("10.0.0.7", 443), false);
});

Deno.test("has() keeps what it knew of a name while the resolver is down", async () => {
  let addresses: string[] | undefined = ["10.0.0.7"];
  const { clock, endpoints } = create(() => {
    if (!addresses) throw new Error("resolver down");
    return addresses;
  });
  assert.equal(await endpoints.has("10.0.0.7", 443), true);
  addresses = undefined;
  await clock.advance(60_000);
  assert.equal(await endpoints.has("10.0.0.7", 443), true);
  assert.equal(await endpoints.has("10.96.0.1", 443), true);
});
