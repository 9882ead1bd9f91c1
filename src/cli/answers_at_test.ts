import assert from "node:assert/strict";
import { answersAt } from "./answers_at.ts";

const statuses: readonly [number, boolean][] = [[200, true], [302, true], [404, false], [
  503,
  false,
], [
  401,
  false,
]];
for (const [status, wanted] of statuses) {
  Deno.test(`answersAt() a server that answers ${status}: ${wanted}`, async () => {
    const seen: string[] = [];
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      seen.push(`${request.method} ${request.headers.get("authorization")}`);
      return new Response(null, { status, headers: { location: "http://127.0.0.1:9/" } });
    });
    try {
      const url = `http://127.0.0.1:${server.addr.port}/artifacts/a`;
      assert.equal(await answersAt(url, { token: "secret" }), wanted);
      assert.deepEqual(seen, ["HEAD Bearer secret"]);
    } finally {
      await server.shutdown();
    }
  });
}

Deno.test("answersAt() says no where nobody listens", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  assert.equal(await answersAt(`http://127.0.0.1:${port}/`), false);
});

Deno.test("answersAt() says no of what nobody can download", async () => {
  assert.equal(await answersAt("memory://localhost/artifacts/a"), false);
});
