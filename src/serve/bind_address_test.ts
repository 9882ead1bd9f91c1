import assert from "node:assert/strict";
import { formatBindAddress, parseBindAddress } from "./bind_address.ts";

Deno.test("parseBindAddress() reads what Go's flags accept, and nothing else", () => {
  const cases: readonly [string, string, number][] = [
    [":8081", "", 8081],
    ["0.0.0.0:8080", "0.0.0.0", 8080],
    ["[::1]:0", "::1", 0],
    ["[::]:65535", "::", 65535],
    ["localhost:80", "localhost", 80],
  ];
  for (const [text, hostname, port] of cases) {
    assert.deepEqual(parseBindAddress(text), { hostname, port }, text);
  }
  for (const text of ["", "0", "8080", "::1:80", ":", ":65536", ":-1", ":http", "[::1]", "a:b:1"]) {
    assert.equal(parseBindAddress(text), undefined, text);
  }
});

Deno.test("formatBindAddress() writes what parseBindAddress() reads", () => {
  for (const text of [":8081", "0.0.0.0:8080", "[::1]:0", "localhost:1"]) {
    assert.equal(formatBindAddress(parseBindAddress(text)!), text);
  }
});
