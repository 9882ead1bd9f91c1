import assert from "node:assert/strict";
import { checkHeaders, HeaderError } from "./request_headers.ts";

Deno.test("checkHeaders() leaves out what belongs to the connection, in any spelling", () => {
  const given = {
    ...{ Host: "h", connection: "close", "Keep-Alive": "1", "Transfer-Encoding": "chunked" },
    ...{ "CONTENT-LENGTH": "5", TE: "x", Trailer: "x", Upgrade: "x", Expect: "100-continue" },
    ...{ "Proxy-Connection": "x", "Proxy-Authorization": "x", "X-Kept": "yes" },
  };
  assert.deepEqual(checkHeaders(given), { "x-kept": "yes" });
});

Deno.test("checkHeaders() lets the last of two spellings win", () => {
  assert.deepEqual(checkHeaders({ "X-A": "1", "x-a": "2" }), { "x-a": "2" });
});

Deno.test("checkHeaders() names a header that cannot be sent, never its value", () => {
  const bad: readonly (readonly [string, string])[] = [
    ["bad name", "canary"],
    ["", "canary"],
    ["X:Y", "canary"],
    ["X-A", "canary\r\nX-B: 1"],
    ["X-A", "canary\n"],
    ["X-A", "canary\0"],
    ["X-A", "canary\u{1f600}"],
    ["X\r\n-A", "canary"],
  ];
  for (const [name, value] of bad) {
    assert.throws(
      () => checkHeaders({ [name]: value }),
      (error) => error instanceof HeaderError && !/canary|[\r\n\0]/.test(error.message),
      JSON.stringify([name, value]),
    );
  }
});
