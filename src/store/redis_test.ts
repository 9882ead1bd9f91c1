import assert from "node:assert/strict";
import { redis } from "./redis.ts";

const defaults = Object.fromEntries(
  Object.entries(redis.settings).map(([name, setting]) => [name, setting.default]),
) as unknown as Parameters<NonNullable<typeof redis.mistakes>>[0];

const cases: readonly [Partial<typeof defaults>, RegExp | undefined][] = [
  [{}, /^Cannot use REDIS_URL: it is not set/],
  [{ redisUrl: "redis://a:canary@b,c" }, /^Cannot use REDIS_URL: it has several hosts/],
  [
    { redisUrl: "redis://a", redisCaFile: "/ca" },
    /^Cannot use REDIS_CA_FILE: REDIS_URL is without TLS/,
  ],
  [{ redisUrl: "rediss://a", redisCaFile: "/ca" }, undefined],
  [{ redisUrl: "redis://a" }, undefined],
];

Deno.test("redis.mistakes() says what to set, and no part of the URL", () => {
  for (const [given, wanted] of cases) {
    const mistakes = redis.mistakes!({ ...defaults, ...given });
    assert.equal(mistakes.length, wanted ? 1 : 0, String(mistakes));
    if (wanted) assert.match(mistakes[0]!, wanted);
    assert.doesNotMatch(mistakes.join(), /canary/);
  }
});
