import assert from "node:assert/strict";
import type { IncomingHttpHeaders } from "node:http";
import { HttpFetcher } from "../../../tests/http_fetcher.ts";
import { startHttp } from "../../../tests/upstream.ts";
import type { SourceRequest } from "../../core/source_request.ts";
import { StepError } from "../../core/step_error.ts";

const request: SourceRequest = {
  url: "http://example.com/?canary",
  method: "GET",
  headers: {},
  secretHeaders: [],
  tls: { insecureSkipVerify: false },
};

Deno.test("hostOf() names the host that hooks lead to", async () => {
  await using fetcher = new HttpFetcher();
  const prepared = fetcher.generator.prepare({ url: "http://a.test/" });
  assert.equal(prepared.hostOf(request), "example.com:80");
});

const refused: readonly Partial<SourceRequest>[] = [
  ...["", "canary", "file:///etc/passwd?canary", "ftp://canary@example.com/"],
  ...["http://169.254.169.254/?canary", "http://0xa9fea9fe/", "http://[::ffff:169.254.169.254]/"],
].map((url) => ({ url }));
for (
  const each of [
    ...refused,
    ...["TRACE", "CONNECT", "GET /", "GET canary", ""].map((method) => ({ method })),
  ]
) {
  Deno.test(`hostOf() rejects ${JSON.stringify(each)} of hooks as prepare() would, until they print another`, async () => {
    await using fetcher = new HttpFetcher();
    const prepared = fetcher.generator.prepare({ url: "http://a.test/" });
    assert.throws(() => prepared.hostOf({ ...request, ...each }), (error) => {
      assert.ok(error instanceof StepError);
      assert.deepEqual([error.class, error.reason], ["rejected", "FetchFailed"]);
      assert.match(error.message, / \(as the pre-request hooks made it\)$/);
      assert.ok(!error.message.includes("canary"));
      return true;
    });
  });
}

Deno.test("hostOf() calls no field of the spec wrong for a URL that hooks have made", async () => {
  await using fetcher = new HttpFetcher();
  const prepared = fetcher.generator.prepare({ url: "http://a.test/" });
  assert.throws(() => prepared.hostOf({ ...request, url: "canary" }), {
    message: "Cannot use the URL: it cannot be read as a URL (as the pre-request hooks made it)",
  });
});

Deno.test("fetch() sends no Host of a hook, and what it has made follows to no other origin", async () => {
  const seen: IncomingHttpHeaders[] = [];
  await using other = await startHttp((request, response) => {
    seen.push(request.headers);
    response.end();
  });
  await using upstream = await startHttp((request, response) => {
    seen.push(request.headers);
    response.writeHead(302, { location: other.origin }).end();
  });
  await using fetcher = new HttpFetcher();
  const headers = { Host: "evil.example", "X-Minted": "canary" };
  await fetcher.fetch({
    spec: { url: "http://127.0.0.1:1/" },
    change: (asked) => ({
      ...asked,
      url: upstream.origin,
      headers,
      secretHeaders: Object.keys(headers),
    }),
  });
  const hosts = [upstream, other].map(({ port }) => `127.0.0.1:${port}`);
  assert.deepEqual(seen.map(({ host }) => host), hosts);
  assert.deepEqual(seen.map((each) => each["x-minted"]), ["canary", undefined]);
});

Deno.test("fetch() rejects a header that hooks have misspelt, and does not show what it may hold", async () => {
  await using fetcher = new HttpFetcher();
  for (const headers of [{ "Authorization: canary": "" }, { token: "canary\n" }]) {
    const fetched = fetcher.fetch({
      spec: { url: "http://127.0.0.1:1/" },
      change: (asked) => ({ ...asked, headers }),
    });
    await assert.rejects(fetched, (error) => {
      assert.ok(error instanceof StepError);
      assert.equal(error.class, "rejected");
      assert.match(error.message, /the pre-request hooks made a header that cannot be sent/);
      assert.ok(!error.message.includes("canary"));
      return true;
    });
  }
});
