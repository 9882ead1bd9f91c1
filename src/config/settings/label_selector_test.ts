import assert from "node:assert/strict";
import { labelSelector } from "./label_selector.ts";

const accepts = (text: string) => labelSelector.expression.test(text);

Deno.test("labelSelector accepts what the API server does", () => {
  const selectors = [
    "",
    ...["a", "!a", "! a", "a=b", "a==b", "a = b", "a!=b", "a=", "a!=", "in", "in in (in)"],
    ...["a in (b)", "a in(b, c)", "a notin ( b ,c )", "a in ()", "a in (,b)", "a<1", "a > 10"],
    ...["!sharding.fluxcd.io/key", "sharding.fluxcd.io/key=shard-1", "A_1.b-c=D_2.e-f"],
    ...["a=b,c in (d,e)", "team=a , tier!=dev,!x", " a=b ", " "],
    `${"a".repeat(63)}=${"b".repeat(63)}`,
  ];
  for (const text of selectors) assert.ok(accepts(text), text);
});

Deno.test("labelSelector refuses what the API server would refuse at every list", () => {
  const mistakes = [
    ...["a in (", "a in b", "a in (b", "a in b)", "a in (b))", "a in (b c)", "a notinn (b)"],
    ...[",", "a,", ",a", "a,,b", "a b", "a=b c=d", "=b", "!", "!a=b", "a=b=c", "a===b", "a=!b"],
    ...["a<b", "a>", "a=<1", "a=b;c=d", "-a", "a-", "a=b-", "a/b/c", "/a", "a/", "A/b", "ä=b"],
    "a".repeat(64),
    `a=${"b".repeat(64)}`,
  ];
  for (const text of mistakes) assert.ok(!accepts(text), text);
});
