import assert from "node:assert/strict";
import { freePort } from "../../tests/acceptance/controller_process.ts";
import { eventually } from "../../tests/acceptance/eventually.ts";
import type { ReviewAnswer } from "../serve/reviewed_tokens.ts";
import { selfSignedCertificate } from "../serve/self_signed_certificate.ts";
import type { ServerCertificate } from "../serve/server_certificate.ts";
import { MemoryStore } from "../store/memory_store.ts";
import { InputError } from "./command.ts";
import { OperatorSamples } from "./operator_samples.ts";
import { Servers, type ServersParts } from "./servers.ts";
import { systemClock } from "./system_clock.ts";
import { createTelemetry } from "./telemetry.ts";

function parts(values: Partial<ServersParts["values"]>): ServersParts {
  const samples = new OperatorSamples(systemClock);
  return {
    values: {
      artifactServerEnabled: true,
      artifactServerHost: "127.0.0.1",
      artifactServerPort: 0,
      artifactLatest: false,
      healthProbeBindAddress: "0",
      metricsBindAddress: "0",
      metricsEnabled: true,
      metricsSecure: true,
      ...values,
    },
    store: new MemoryStore(1_000, systemClock),
    telemetry: createTelemetry({ logLevel: "panic", logEncoding: "json" }, {
      clock: systemClock,
      samples,
    }),
    clock: systemClock,
  };
}

async function refusal(values: Partial<ServersParts["values"]>): Promise<string> {
  try {
    await new Servers(parts(values)).close();
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return "";
}

const loopback6 = Deno.networkInterfaces().some(({ address }) => address === "::1");

Deno.test("Servers listen on an IPv6 address", async () => {
  if (!loopback6) {
    assert.match(await refusal({ artifactServerHost: "::1" }), /"\[::1\]:0"/);
    return;
  }
  const servers = new Servers(parts({ artifactServerHost: "::1" }));
  try {
    const response = await fetch(`http://[::1]:${servers.artifactPort}/nothing`);
    await response.body?.cancel();
    assert.equal(response.status, 404);
  } finally {
    await servers.close();
  }
});

Deno.test("Servers say which flag changes an address that they cannot have, and keep no port", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const free = freePort();
  try {
    assert.match(
      await refusal({ artifactServerPort: port }),
      /"127\.0\.0\.1:\d+": the port is in use; choose another with --artifact-server-port/,
    );
    assert.match(
      await refusal({ artifactServerPort: free, healthProbeBindAddress: `127.0.0.1:${port}` }),
      /in use; choose another with --health-probe-bind-address/,
    );
    const listenAgain = () => {
      Deno.listen({ hostname: "127.0.0.1", port: free }).close();
      return true;
    };
    await eventually(listenAgain, { withinMs: 5_000, what: "the first port is free again" });
  } finally {
    taken.close();
  }
  assert.match(await refusal({ artifactServerHost: "192.0.2.1" }), /see --artifact-server-host/);
  assert.match(await refusal({ artifactServerHost: "a b" }), /see --artifact-server-host/);
});

Deno.test("Servers tell where they listen, by the real port, and nothing of those that are off", async () => {
  const servers = new Servers(parts({ healthProbeBindAddress: "127.0.0.1:0" }));
  try {
    const { probes, ...others } = servers.addresses;
    assert.deepEqual(others, { artifacts: `127.0.0.1:${servers.artifactPort}` });
    const response = await fetch(`http://${probes}/healthz`);
    await response.body?.cancel();
    assert.equal(response.status, 200);
  } finally {
    await servers.close();
  }
});

async function getMetrics(servers: Servers, init: RequestInit & { client?: Deno.HttpClient } = {}) {
  const scheme = init.client ? "https" : "http";
  const response = await fetch(`${scheme}://${servers.addresses["metrics"]}/metrics`, init);
  return { status: response.status, text: await response.text() };
}

const metricsBindAddress = "127.0.0.1:0";

Deno.test("Servers give metrics to everybody only if they are told to", async () => {
  const open = new Servers(parts({ metricsBindAddress, metricsSecure: false }));
  try {
    assert.match((await getMetrics(open)).text, /^# HELP/m);
  } finally {
    await open.close();
  }
  assert.throws(() => new Servers(parts({ metricsBindAddress })), TypeError);
  const off = new Servers(parts({ metricsBindAddress, metricsEnabled: false }));
  assert.equal(off.addresses["metrics"], undefined);
  await off.close();
});

Deno.test("Servers give secure metrics over TLS to who is let in, and follow the certificate", async () => {
  const hosts = ["127.0.0.1"];
  const [first, second] = [1, 2].map(() => selfSignedCertificate(hosts, systemClock.now())) as [
    ServerCertificate,
    ServerCertificate,
  ];
  const tokens = {
    ask: (token: string) => Promise.resolve<ReviewAnswer>(token === "good" ? "allowed" : "unknown"),
  };
  const servers = new Servers({
    ...parts({ metricsBindAddress }),
    metricsAccess: { certificates: { current: first }, tokens },
  });
  const authorization = "Bearer good";
  using firstClient = Deno.createHttpClient({ caCerts: [first.cert] });
  using secondClient = Deno.createHttpClient({ caCerts: [second.cert] });
  try {
    const client = firstClient;
    assert.equal((await getMetrics(servers, { client })).status, 401);
    const { status, text } = await getMetrics(servers, { client, headers: { authorization } });
    assert.equal(status, 200);
    assert.match(text, /^# HELP/m);
    await assert.rejects(getMetrics(servers), TypeError, "plain HTTP");
    await assert.rejects(getMetrics(servers, { client: secondClient }), TypeError);
    servers.useCertificate("metrics", second);
    assert.equal((await getMetrics(servers, { client: secondClient })).status, 401);
  } finally {
    await servers.close();
  }
});
