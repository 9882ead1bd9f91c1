import { strict as assert } from "node:assert";
import { parseRedisUrl } from "./redis_address.ts";

const at = (host: string, port: number) => ({ host, port });

Deno.test("parseRedisUrl() reads every kind of address", () => {
  const cases: Record<string, ReturnType<typeof parseRedisUrl>> = {
    "redis://redis": { kind: "single", hosts: [at("redis", 6379)], database: 0, tls: false },
    "redis://redis:7000/3\n": {
      kind: "single",
      hosts: [at("redis", 7000)],
      database: 3,
      tls: false,
    },
    "valkeys://cache.example/": {
      ...{ kind: "single", hosts: [at("cache.example", 6379)], database: 0, tls: true },
    },
    "rediss://joe:p%40ss%2F%25@[::1]:6380/1": {
      ...{ kind: "single", hosts: [at("::1", 6380)], database: 1, tls: true },
      ...{ username: "joe", password: "p@ss/%" },
    },
    "redis://:a:b@redis": {
      ...{ kind: "single", hosts: [at("redis", 6379)], database: 0, tls: false, password: "a:b" },
    },
    "redis+unix://:secret@/run/redis.sock": {
      ...{ kind: "single", hosts: [], path: "/run/redis.sock", database: 0, tls: false },
      password: "secret",
    },
    "redis+sentinel://one,two:26380/mymaster/2": {
      ...{ kind: "sentinel", hosts: [at("one", 26379), at("two", 26380)], master: "mymaster" },
      ...{ database: 2, tls: false },
    },
    "rediss+cluster://:pw@one:7001,two": {
      ...{ kind: "cluster", hosts: [at("one", 7001), at("two", 6379)], database: 0, tls: true },
      password: "pw",
    },
  };
  for (const [url, address] of Object.entries(cases)) {
    assert.deepEqual(parseRedisUrl(url), address, url);
  }
});

Deno.test("parseRedisUrl() says what is wrong with a URL, and nothing of what is in it", () => {
  const cases: Record<string, string> = {
    "": "it is not set",
    "http://:canary@host": "it is no such URL",
    "canary": "it is no such URL",
    "redis://:canary@host?db=1": "it is no such URL",
    "redis://:can/ary@host": "a host or port in it is none",
    "redis://:canary%zz@host": "a percent sign in it begins no encoded character",
    "redis://:canary@": "a host or port in it is none",
    "redis://:canary@host:0": "a host or port in it is none",
    "redis://:canary@host:70000": "a host or port in it is none",
    "redis://:canary@one,two": "it has several hosts",
    "redis://:canary@host/one": "the database in it is no number",
    "redis://:canary@host/1/2": "the database in it is no number",
    "redis+sentinel://:canary@host": "the name of the master is missing",
    "redis+cluster://:canary@host/1": "a cluster has only database 0",
    "redis+unix://:canary@host/path": "a socket has no host",
    "redis+unix://:canary@": "it has no path of a socket",
    "rediss+unix://:canary@/path": "there is no TLS over a socket",
  };
  for (const [url, state] of Object.entries(cases)) {
    assert.throws(() => parseRedisUrl(url), (error: Error) => {
      assert.ok(error.message.startsWith(`Cannot use REDIS_URL: ${state}`), error.message);
      return !/canary|ary@/.test(error.message);
    }, url);
  }
});
