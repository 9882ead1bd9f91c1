import { strict as assert } from "node:assert";
import { judgeAnonymousRead, readAnonymously } from "./s3_url_mode.ts";

Deno.test("judgeAnonymousRead() says yes and no only if that is clear", () => {
  const probed = (status: number, isProbe = false) => judgeAnonymousRead({ status, isProbe });
  assert.equal(probed(200, true), true);
  assert.deepEqual([probed(401), probed(403)], [false, false]);
  assert.equal(probed(200), undefined, "some page");
  for (const status of [204, 302, 404, 429, 500, 503]) assert.equal(probed(status), undefined);
  assert.equal(judgeAnonymousRead(undefined), undefined);
});

Deno.test("readAnonymously() tells the probe from any other answer, and from none", async () => {
  const answers: Record<string, () => Response> = {
    "/probe": () => new Response("the probe"),
    "/page": () => new Response("please log in"),
    "/endless": () => new Response("x".repeat(100_000)),
    "/refused": () => new Response("no", { status: 403 }),
    "/elsewhere": () => new Response(null, { status: 302, headers: { location: "/probe" } }),
  };
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    assert.equal(request.headers.get("authorization"), null);
    return answers[new URL(request.url).pathname]!();
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  const read = (path: string) => readAnonymously(`${url}${path}`, "the probe");
  assert.deepEqual(await read("/probe"), { status: 200, isProbe: true });
  assert.deepEqual(await read("/page"), { status: 200, isProbe: false });
  assert.equal(await read("/endless"), undefined);
  assert.deepEqual(await read("/refused"), { status: 403, isProbe: false });
  assert.deepEqual(await read("/elsewhere"), { status: 302, isProbe: false });
  await server.shutdown();
  assert.equal(await read("/probe"), undefined);
});
