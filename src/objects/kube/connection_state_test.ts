import assert from "node:assert/strict";
import { CertificateAuthority } from "../../../tests/certificate_authority.ts";
import { startHttp, startTcp } from "../../../tests/upstream.ts";
import { connectionState } from "./connection_state.ts";

const authority = new CertificateAuthority();

/** What is said of a request that must fail. */
async function stateOf(url: string, caCerts = [authority.pem]): Promise<string | undefined> {
  using client = Deno.createHttpClient({ caCerts });
  try {
    await (await fetch(url, { client })).body?.cancel();
  } catch (error) {
    return connectionState(error);
  }
  assert.fail(`${url} answered`);
}

const startSecure = (options: Parameters<CertificateAuthority["issue"]>[0]) =>
  startHttp((_request, response) => void response.end("secure"), authority.issue(options));

Deno.test("connectionState() says which trouble of the network it was", async () => {
  const gone = await startHttp(() => {});
  await gone[Symbol.asyncDispose]();
  assert.equal(await stateOf(gone.origin), "connection refused");
  assert.match(await stateOf("https://127.0.0.1:9") ?? "", /^that port is closed to HTTP/);
  await using closing = await startTcp((socket) => void socket.end());
  const url = `http://127.0.0.1:${closing.port}`;
  assert.match(await stateOf(url) ?? "", /^connection (closed by the other side|reset)$/);
  await using plain = await startHttp((_request, response) => void response.end("plain"));
  assert.equal(
    await stateOf(`https://127.0.0.1:${plain.port}`),
    "it does not answer in TLS",
  );
});

Deno.test("connectionState() says what is wrong with a certificate", async () => {
  const hosts = ["127.0.0.1"];
  const rows = [
    [{ hosts: ["other.example"] }, [authority.pem], "is for another name"],
    [{ hosts, notAfter: Date.UTC(2021, 0) }, [authority.pem], "has expired"],
    [{ hosts }, [new CertificateAuthority("other").pem], "is signed by an unknown authority"],
  ] as const;
  for (const [options, trusted, words] of rows) {
    await using server = await startSecure(options);
    const state = await stateOf(`https://127.0.0.1:${server.port}`, [...trusted]);
    assert.equal(state, `its TLS certificate ${words}`);
  }
});

Deno.test("connectionState() reads what Deno 2.9 says where a test cannot bring it about", () => {
  const rows = [
    ["dns error: failed to lookup address information", "its host name has no address"],
    ["tcp connect error: No route to host (os error 113)", "host is unreachable"],
    ["unsuccessful tunnel", "the proxy refuses to connect to it"],
  ];
  for (const [text, state] of rows) {
    const cause = new Error(`error sending request for url (https://x/): client error: ${text}`);
    assert.equal(connectionState(new TypeError("fetch failed", { cause })), state);
  }
});

Deno.test("connectionState() says nothing of what it does not know, and never quotes", () => {
  assert.equal(connectionState(new Error("canary")), undefined);
  assert.equal(connectionState("canary"), undefined);
  const cause = new Error("invalid peer certificate: Other(OtherError(Canary))");
  const state = connectionState(new TypeError("fetch failed", { cause }));
  assert.equal(state, "its TLS certificate cannot be verified");
});
