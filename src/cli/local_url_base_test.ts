import assert from "node:assert/strict";
import { localUrlBase } from "./local_url_base.ts";

const cases: readonly { host: string; port: number | undefined; base: string }[] = [
  { host: "", port: 8080, base: "http://localhost:8080" },
  { host: "0.0.0.0", port: 8080, base: "http://localhost:8080" },
  { host: "::1", port: 8080, base: "http://localhost:8080" },
  { host: "192.0.2.1", port: 8080, base: "http://192.0.2.1:8080" },
  { host: "2001:db8::1", port: 8080, base: "http://[2001:db8::1]:8080" },
  { host: "", port: undefined, base: "memory://localhost" },
];
for (const { host, port, base } of cases) {
  Deno.test(`localUrlBase() of host "${host}" and port ${port} is ${base}`, () => {
    assert.equal(localUrlBase(host, port), base);
  });
}
