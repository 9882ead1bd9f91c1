import assert from "node:assert/strict";
import { CertificateAuthority } from "../../../tests/certificate_authority.ts";
import { HttpFetcher } from "../../../tests/http_fetcher.ts";
import { startHttp, startTcp } from "../../../tests/upstream.ts";
import { type ErrorClass, StepError } from "../../core/step_error.ts";

const authority = new CertificateAuthority();
const good = authority.issue({ hosts: ["localhost", "127.0.0.1", "name.example"] });

const trusting = (url: string, ca = authority.pem) => ({
  spec: { url, caBundleSecretRef: { name: "ca" } },
  secrets: { ca: { "ca.crt": ca } },
});

const fails = (errorClass: ErrorClass, state: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StepError, String(error));
  assert.match(error.message, state);
  assert.equal(error.class, errorClass);
  return true;
};

const start = (certificate = good) =>
  startHttp((_request, response) => void response.end("secure"), certificate);

Deno.test("fetch() trusts the authorities of the Secret, for names and addresses", async () => {
  await using upstream = await start();
  const lookup = () => Promise.resolve(["127.0.0.1"]);
  await using fetcher = new HttpFetcher({ environment: { lookup } });
  for (const host of ["localhost", "127.0.0.1", "name.example", "name.example."]) {
    assert.equal(await fetcher.text(trusting(`https://${host}:${upstream.port}`)), "secure", host);
  }
  const spec = { url: upstream.origin, caBundleSecretRef: { name: "ca", key: "own.pem" } };
  const bundle = `a comment\n${new CertificateAuthority("other").pem}\n${authority.pem}`;
  assert.equal(await fetcher.text({ spec, secrets: { ca: { "own.pem": bundle } } }), "secure");
});

Deno.test("fetch() rejects what it cannot trust: another name, authority or time", async () => {
  const otherName = authority.issue({ hosts: ["other.example", "127.0.0.2"] });
  const expired = authority.issue({ hosts: ["localhost"], notAfter: Date.UTC(2021, 0) });
  const rows = [
    [otherName, "localhost", authority.pem, /: the TLS certificate is for another name$/],
    [otherName, "127.0.0.1", authority.pem, /: the TLS certificate is for another name$/],
    [expired, "localhost", authority.pem, /: the TLS certificate has expired or is/],
    [good, "localhost", new CertificateAuthority("other").pem, /signed by an unknown authority$/],
  ] as const;
  for (const [certificate, host, ca, state] of rows) {
    await using upstream = await start(certificate);
    await using fetcher = new HttpFetcher();
    const url = `https://${host}:${upstream.port}`;
    await assert.rejects(fetcher.fetch(trusting(url, ca)), fails("rejected", state));
  }
});

Deno.test("fetch() without a Secret trusts the system's authorities only", async () => {
  await using upstream = await start();
  await using fetcher = new HttpFetcher();
  await assert.rejects(
    fetcher.fetch(upstream.origin),
    fails("rejected", /signed by an unknown authority$/),
  );
});

Deno.test("fetch() takes any certificate with insecureSkipVerify, which is warned of", async () => {
  await using upstream = await start(authority.issue({ hosts: ["other.example"] }));
  await using fetcher = new HttpFetcher();
  const spec = { url: `${upstream.origin}/a?canary`, insecureSkipVerify: true };
  assert.equal(await fetcher.text({ spec }), "secure");
  const [warning, ...others] = fetcher.generator.prepare(spec).warnings;
  assert.equal(warning?.reason, "InsecureSkipVerify");
  assert.doesNotMatch(warning?.message ?? "", /canary/);
  assert.deepEqual(others, []);
});

Deno.test("fetch() never takes a connection of lesser trust for a request of higher", async () => {
  await using upstream = await start();
  await using fetcher = new HttpFetcher();
  const { origin } = upstream;
  assert.equal(await fetcher.text({ spec: { url: origin, insecureSkipVerify: true } }), "secure");
  await assert.rejects(fetcher.fetch(origin), fails("rejected", /unknown authority$/));
  assert.equal(await fetcher.text(trusting(origin)), "secure");
  await assert.rejects(fetcher.fetch(origin), fails("rejected", /unknown authority$/));
});

Deno.test("fetch() rejects a server that speaks no TLS; one that hangs up is transient", async () => {
  await using plain = await startHttp((_request, response) => void response.end("plain"));
  await using silent = await startTcp((socket) => void socket.once("data", () => socket.end()));
  await using fetcher = new HttpFetcher();
  await assert.rejects(
    fetcher.fetch(`https://127.0.0.1:${plain.port}`),
    fails("rejected", /: no TLS connection can be agreed upon \(/),
  );
  await assert.rejects(
    fetcher.fetch(`https://127.0.0.1:${silent.port}`),
    fails("transient", /: connection (reset|closed by the other side)$/),
  );
});

Deno.test("fetch() follows a redirect from https to http without credentials", async () => {
  let seen = "";
  await using plain = await startHttp(({ headers }, response) => {
    seen = JSON.stringify(headers);
    response.end("plain");
  });
  await using upstream = await startHttp((_request, response) => {
    response.writeHead(302, { location: plain.origin }).end();
  }, good);
  await using fetcher = new HttpFetcher();
  const { spec, secrets } = trusting(upstream.origin);
  const api = { Authorization: "canary", "X-Token": "canary" };
  const text = await fetcher.text({
    spec: { ...spec, headersSecretRef: { name: "api" } },
    secrets: { ...secrets, api },
  });
  assert.equal(text, "plain");
  assert.doesNotMatch(seen, /canary/);
});

Deno.test("request() reports a CA Secret that cannot be used as class secret, by Secret and key", async () => {
  await using fetcher = new HttpFetcher();
  const garbage = "-----BEGIN CERTIFICATE-----\ncanary\n-----END CERTIFICATE-----";
  const rows = [
    [{}, /no key "ca.crt"/],
    [{ "ca.crt": "" }, /holds no PEM certificate/],
    [{ "ca.crt": "canary" }, /holds no PEM certificate/],
    [{ "ca.crt": authority.pem + garbage }, /certificate 2 in key "ca.crt" cannot be read/],
  ] as const;
  for (const [ca, state] of rows) {
    const spec = { url: "https://localhost/", caBundleSecretRef: { name: "ca" } };
    await assert.rejects(fetcher.fetch({ spec, secrets: { ca } }), (error) => {
      assert.ok(fails("secret", state)(error));
      assert.doesNotMatch(String(error), /canary/);
      return true;
    });
  }
});
