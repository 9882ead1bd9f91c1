import assert from "node:assert/strict";
import { forbiddenEndpoints } from "./forbidden_endpoints.ts";

Deno.test("forbiddenEndpoints() names the API server, its port never left out", () => {
  const cases = [
    ["https://10.0.0.1", "10.0.0.1:443"],
    ["https://[fd00::1]:6443", "[fd00::1]:6443"],
    ["http://localhost", "localhost:80"],
  ] as const;
  for (const [server, wanted] of cases) assert.deepEqual(forbiddenEndpoints(server, []), [wanted]);
});

Deno.test("forbiddenEndpoints() names our own servers at every address of the machine", () => {
  const [, ...own] = forbiddenEndpoints("https://api", ["[::]:8080", "127.0.0.1:18081"]);
  assert.equal(own.length, 2 * Deno.networkInterfaces().length);
  for (const wanted of ["127.0.0.1:8080", "127.0.0.1:18081"]) assert.ok(own.includes(wanted));
});
