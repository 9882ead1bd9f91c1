import assert from "node:assert/strict";
import { parseHttpRequest } from "./http_request.ts";

Deno.test("parseHttpRequest() reads method, path, query and fields", () => {
  const request = parseHttpRequest(
    'GET /a%20b?x=1?2 HTTP/1.1\r\nHost: h\r\nIf-None-Match: "a"\r\nIF-NONE-MATCH:\t"b" ',
  );
  assert.equal(request?.method, "GET");
  assert.equal(request.path, "/a%20b");
  assert.equal(request.query, "x=1?2");
  assert.equal(request.headers.get("if-none-match"), '"a", "b"');
  assert.equal(parseHttpRequest("GET http://h:80/p HTTP/1.1\r\nHost: h")?.path, "/p");
  assert.equal(parseHttpRequest("GET http://h HTTP/1.1\r\nHost: h")?.path, "/");
});

Deno.test("parseHttpRequest() keeps a connection only where another request can follow", () => {
  const cases: readonly [string, boolean][] = [
    ["GET / HTTP/1.1\r\nHost: h", true],
    ["GET / HTTP/1.1\r\nHost: h\r\nConnection: Close", false],
    ["GET / HTTP/1.0", false],
    ["GET / HTTP/1.0\r\nConnection: keep-alive", true],
    ["GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 0", true],
    ["POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3", false],
    ["POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked", false],
  ];
  for (const [head, keepAlive] of cases) {
    assert.equal(parseHttpRequest(head)?.keepAlive, keepAlive, head);
  }
});

Deno.test("parseHttpRequest() refuses what is not HTTP/1", () => {
  const heads = [
    "",
    "GET /",
    "GET / HTTP/1.1", // without Host
    "GET / HTTP/2.0\r\nHost: h",
    "GET /a b HTTP/1.1\r\nHost: h",
    "G@T / HTTP/1.1\r\nHost: h",
    "GET / HTTP/1.1\r\nHost: h\r\n folded",
    "GET / HTTP/1.1\r\nHost : h",
    "GET / HTTP/1.1\r\nHost: h\r\nno colon",
    "GET / HTTP/1.1\r\nHost: h\nX: y",
    "PRI * HTTP/2.0",
  ];
  for (const head of heads) assert.equal(parseHttpRequest(head), undefined, JSON.stringify(head));
});
