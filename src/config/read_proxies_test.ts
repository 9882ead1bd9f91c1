import assert from "node:assert/strict";
import { ConfigError } from "./config_error.ts";
import { readProxies } from "./read_proxies.ts";

const read = (variables: Readonly<Record<string, string>>) => {
  const environment = new Map(Object.entries(variables));
  return { environment, proxies: () => readProxies(environment) };
};

Deno.test("readProxies() reads both cases, upper case first, and leaves none in the environment", () => {
  const { environment, proxies } = read({
    HTTP_PROXY: "",
    http_proxy: "proxy:3128",
    HTTPS_PROXY: "https://u:p@secure.example",
    https_proxy: "http://lost.example",
    no_proxy: "a.example, 10.0.0.0/8,,",
    ALL_PROXY: "socks5://x",
    all_proxy: "socks5://x",
    HTTP_TIMEOUT: "1s",
  });
  assert.deepEqual(proxies(), {
    http: "http://proxy:3128/",
    https: "https://u:p@secure.example/",
    exceptions: ["a.example", "10.0.0.0/8"],
  });
  assert.deepEqual([...environment.keys()], ["HTTP_TIMEOUT"]);
});

Deno.test("readProxies() gives nothing if nothing is set", () => {
  const none = { http: undefined, https: undefined, exceptions: [] };
  assert.deepEqual(read({}).proxies(), none);
});

Deno.test("readProxies() refuses what is no proxy URL without quoting it", () => {
  const { proxies, environment } = read({
    HTTP_PROXY: "socks5://canary@h",
    HTTPS_PROXY: "http://canary word",
  });
  assert.throws(proxies, (error) => {
    assert(error instanceof ConfigError);
    assert.deepEqual(error.mistakes.map((each) => each.split(":")[0]), [
      "Cannot use variable HTTP_PROXY",
      "Cannot use variable HTTPS_PROXY",
    ]);
    return !error.message.includes("canary");
  });
  assert.equal(environment.size, 0);
});
